import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

export interface IClusterNameProps {
  name: string;

  /** Whether it is being edited; whoever shows it decides. */
  editing: boolean;

  onEdit: (editing: boolean) => void;
  onRename: (name: string) => void;
  trans: TranslationBundle;
}

/** The name of a cluster, edited in place. */
export function ClusterName(props: IClusterNameProps): JSX.Element {
  const { name, editing, onEdit, onRename, trans } = props;
  // Leaving the field takes the name, unless Escape was the reason.
  const cancelled = React.useRef(false);
  if (!editing) {
    return (
      <span
        className="casa-ClusterName"
        title={trans.__('%1 (double-click or F2 to rename)', name)}
        onDoubleClick={() => onEdit(true)}
      >
        {name}
      </span>
    );
  }
  return (
    <input
      className="casa-ClusterName jp-mod-styled"
      aria-label={trans.__('Name')}
      autoFocus
      defaultValue={name}
      maxLength={80}
      onFocus={event => {
        cancelled.current = false;
        event.target.select();
      }}
      onKeyDown={event => {
        cancelled.current = event.key === 'Escape';
        if (event.key === 'Enter' || event.key === 'Escape') {
          event.currentTarget.blur();
        }
        event.stopPropagation();
      }}
      onBlur={event => {
        const typed = event.target.value.trim();
        if (!cancelled.current && typed !== '' && typed !== name) {
          onRename(typed);
        }
        onEdit(false);
      }}
    />
  );
}
