import type { TranslationBundle } from '@jupyterlab/translation';
import { Button, editIcon, undoIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ConfigurationModel } from './configurationmodel';
import { ProblemLine } from '../problemline';
import { SettingEditor } from './settingeditor';
import { isChanged, isOwn, textOf } from './settings';
import type { DaskConfiguration, Setting, Source } from '../tokens';

export interface ISettingRowProps {
  /** The last part of the key. */
  name: string;

  setting: Setting;
  model: ConfigurationModel;
  configuration: DaskConfiguration;
  trans: TranslationBundle;
}

/** Where a value comes from, in words. */
export function sourceWords(
  { layer, name, line }: Source,
  trans: TranslationBundle
): string {
  switch (layer) {
    case 'default':
      return trans.__('default of %1', name);
    case 'file':
      return line === null ? name : trans.__('%1, line %2', name, line);
    case 'environment':
      return trans.__('environment variable %1', name);
    case 'inherited':
      return trans.__('inherited through %1', name);
    case 'runtime':
      return trans.__('set by code of a package');
  }
}

/** A value, where it comes from, and what it is instead of. */
export function SettingRow(props: ISettingRowProps): JSX.Element {
  const { name, setting, model, configuration, trans } = props;
  const { key, value, redacted, source, shadowed } = setting;
  const [editing, setEditing] = React.useState(false);
  const [refusal, setRefusal] = React.useState('');
  const show = (one: unknown) => (redacted ? trans.__('hidden') : textOf(one));
  return (
    <div
      className="casa-Setting"
      role="group"
      aria-label={key}
      data-changed={isChanged(setting)}
    >
      <span className="casa-Setting-name" title={key}>
        {name}
      </span>
      <code>{show(value)}</code>
      <span className="casa-Configuration-source">
        {sourceWords(source, trans)}
        {shadowed.map((other, index) => (
          <span key={index} className="casa-Setting-shadowed">
            {trans.__('instead of')} <code>{show(other.value)}</code>,{' '}
            {sourceWords(other.source, trans)}
          </span>
        ))}
      </span>
      <span className="casa-Setting-actions">
        {isOwn(source, configuration) && (
          <Action
            label={trans.__('Remove your value of %1', key)}
            icon={undoIcon}
            onClick={() => void model.change({ key }).then(setRefusal)}
          />
        )}
        <Action
          label={trans.__('Edit %1', key)}
          icon={editIcon}
          onClick={() => setEditing(!editing)}
        />
      </span>
      {refusal && <ProblemLine text={refusal} />}
      {editing && (
        <SettingEditor
          model={model}
          setting={setting}
          done={() => setEditing(false)}
          trans={trans}
        />
      )}
    </div>
  );
}

function Action(props: {
  label: string;
  icon: typeof editIcon;
  onClick: () => void;
}): JSX.Element {
  const { label, icon, onClick } = props;
  return (
    <Button minimal small title={label} aria-label={label} onClick={onClick}>
      <icon.react tag="span" elementPosition="center" />
    </Button>
  );
}
