import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import {
  ADAPTIVE_OPTIONS,
  AdaptiveOption,
  isAdaptiveOption,
  ISizeDraft
} from './size';

export interface IAdaptiveOptionsProps {
  draft: ISizeDraft;
  onChange: (part: Partial<ISizeDraft>) => void;
  trans: TranslationBundle;
}

/** How adaptive scaling decides; what is left empty is as dask has it. */
export function AdaptiveOptions(props: IAdaptiveOptionsProps): JSX.Element {
  const { draft, onChange, trans } = props;
  const group = React.useId();
  const field = (name: AdaptiveOption, label: string, help: string) => {
    const { smallest, largest, whole } = ADAPTIVE_OPTIONS[name];
    const id = `${group}-${name}`;
    return (
      <div className="casa-Field">
        <label htmlFor={id}>{label}</label>
        <input
          id={id}
          type="number"
          className="jp-mod-styled"
          aria-describedby={`${id}-help`}
          aria-invalid={!isAdaptiveOption(name, draft[name])}
          min={smallest}
          max={largest}
          step={whole ? 1 : 'any'}
          placeholder={trans.__('usual')}
          value={draft[name]}
          onChange={event => onChange({ [name]: event.target.value })}
        />
        <div id={`${id}-help`} className="casa-Field-help">
          {help} {trans.__('From %1 to %2.', smallest, largest)}
        </div>
      </div>
    );
  };
  return (
    <details className="casa-AdaptiveOptions">
      <summary>{trans.__('Adaptive options')}</summary>
      {field(
        'interval',
        trans.__('Interval in seconds'),
        trans.__('The time between two decisions.')
      )}
      {field(
        'wait_count',
        trans.__('Wait count'),
        trans.__(
          'How many decisions in a row must find a worker superfluous before it is stopped.'
        )
      )}
      {field(
        'target_duration',
        trans.__('Target duration in seconds'),
        trans.__(
          'The time in which the present tasks should be done: the shorter, the more workers.'
        )
      )}
    </details>
  );
}
