import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { WorkerCounts } from './tokens';

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
  trans: TranslationBundle;
}

/** Where each of the requested workers is: drawn, and in words. */
export function WorkerBar({ counts, trans }: IWorkerBarProps): JSX.Element {
  const known = PLACES.reduce((sum, place) => sum + counts[place], 0);
  const missing = Math.max(0, counts.requested - known);
  return (
    <div className="casa-WorkerBar">
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
    </div>
  );
}

/** The same in words: `2 of 4 running · 2 starting`. */
export function workerWords(
  counts: WorkerCounts,
  trans: TranslationBundle
): string {
  const words: Record<(typeof PLACES)[number], string> = {
    running: trans.__('%1 of %2 running', counts.running, counts.requested),
    starting: trans.__('%1 starting', counts.starting),
    queued: trans.__('%1 queued', counts.queued),
    held: trans.__('%1 held', counts.held),
    failed: trans.__('%1 failed', counts.failed),
    lost: trans.__('%1 lost', counts.lost)
  };
  return PLACES.filter(place => place === 'running' || counts[place] > 0)
    .map(place => words[place])
    .join(' · ');
}
