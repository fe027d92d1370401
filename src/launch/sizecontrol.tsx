import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { AdaptiveOptions } from './adaptiveoptions';
import { ProblemLine } from '../problemline';
import { ISizeDraft, problemInSize } from './size';

export interface ISizeControlProps {
  draft: ISizeDraft;

  /** The most workers that may be asked for. */
  limit: number;

  /** What the server said is wrong with the size. */
  error?: string;

  onChange: (draft: ISizeDraft) => void;
  trans: TranslationBundle;
}

/** How many workers: a fixed number, or bounds between which it follows the load. */
export function SizeControl(props: ISizeControlProps): JSX.Element {
  const { draft, limit, trans } = props;
  const group = React.useId();
  const typo = problemInSize(draft, limit, trans);
  const problem = typo ?? props.error;
  const change = (part: Partial<ISizeDraft>) =>
    props.onChange({ ...draft, ...part });

  const mode = (value: ISizeDraft['mode'], label: string) => (
    <label className="casa-Choice">
      <input
        type="radio"
        name={group}
        checked={draft.mode === value}
        onChange={() => change({ mode: value })}
      />
      {label}
    </label>
  );
  const number = (
    field: 'workers' | 'minimum' | 'maximum',
    label: string,
    smallest: number
  ) => (
    <input
      type="number"
      className="jp-mod-styled"
      aria-label={label}
      aria-invalid={!!problem}
      min={smallest}
      max={limit}
      required
      value={draft[field]}
      onChange={event => change({ [field]: event.target.value })}
    />
  );

  return (
    <fieldset className="casa-SizeControl">
      <legend>{trans.__('Workers')}</legend>
      <div className="casa-SizeControl-row">
        {mode('fixed', trans.__('Fixed'))}
        {draft.mode === 'fixed' && number('workers', trans.__('Workers'), 0)}
      </div>
      <div className="casa-SizeControl-row">
        {mode('adaptive', trans.__('Adaptive'))}
        {draft.mode === 'adaptive' && (
          <>
            {number('minimum', trans.__('Minimum'), 0)}
            {trans.__('to')}
            {number('maximum', trans.__('Maximum'), 1)}
          </>
        )}
      </div>
      {draft.mode === 'adaptive' && (
        <AdaptiveOptions draft={draft} onChange={change} trans={trans} />
      )}
      {problem ? (
        <ProblemLine text={problem} blocks={!!typo} />
      ) : (
        <div className="casa-Field-help">
          {trans._n('At most %1 worker.', 'At most %1 workers.', limit)}
        </div>
      )}
    </fieldset>
  );
}
