import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Reason, WorkerCounts } from './tokens';
import '../style/workerbar.css';

/** Where workers can be, in the order of the bar. */
const PLACES = [
  'running',
  'starting',
  'queued',
  'held',
  'failed',
  'lost'
] as const;

export interface IWorkerBarProps {
  counts: WorkerCounts;

  /** Why workers are not running, the most important first. */
  reasons: ReadonlyArray<Reason>;

  trans: TranslationBundle;
}

/** Where each of the requested workers is: drawn, and in words. */
export function WorkerBar(props: IWorkerBarProps): JSX.Element {
  const { counts, reasons, trans } = props;
  const id = React.useId();
  const known = PLACES.reduce((sum, place) => sum + counts[place], 0);
  const lines = reasons.map(reason => reasonWords(reason, trans));
  const explained = lines.length > 0;
  const missing = Math.max(0, counts.requested - known);
  return (
    <div
      className="casa-WorkerBar"
      role="group"
      aria-label={trans.__('Workers')}
      aria-describedby={explained ? id : undefined}
      tabIndex={explained ? 0 : undefined}
      title={lines.join('\n')}
    >
      <div className="casa-WorkerBar-bar" aria-hidden="true">
        {PLACES.filter(place => counts[place] > 0).map(place => (
          <span
            key={place}
            className="casa-WorkerBar-part"
            data-place={place}
            style={{ flexGrow: counts[place] }}
          />
        ))}
        <span style={{ flexGrow: missing }} />
      </div>
      <div className="casa-WorkerBar-words">{workerWords(counts, trans)}</div>
      {explained && (
        // For screen readers, and in sight while the keyboard is here.
        <ul id={id} className="casa-WorkerBar-reasons">
          {lines.map(line => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The same in words: `2 of 4 running · 2 starting`. */
export function workerWords(
  counts: WorkerCounts,
  trans: TranslationBundle
): string {
  return PLACES.filter(place => place === 'running' || counts[place] > 0)
    .map(place =>
      place === 'running'
        ? trans.__('%1 of %2 running', counts.running, counts.requested)
        : placeWords(place, counts[place], trans)
    )
    .join(' · ');
}

/** Why some workers do not run: `12 held: Error from slot1@node7`. */
export function reasonWords(reason: Reason, trans: TranslationBundle): string {
  const { place, workers, text } = reason;
  return trans.__('%1: %2', placeWords(place, workers, trans), text);
}

function placeWords(
  place: Reason['place'],
  workers: number,
  trans: TranslationBundle
): string {
  const words: Record<Reason['place'], string> = {
    starting: trans.__('%1 starting', workers),
    queued: trans.__('%1 queued', workers),
    held: trans.__('%1 held', workers),
    failed: trans.__('%1 failed', workers),
    lost: trans.__('%1 lost', workers)
  };
  return words[place];
}
