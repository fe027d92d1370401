import type { TranslationBundle } from '@jupyterlab/translation';

import type { Size } from './tokens';

/** A size as it is being typed: numbers may be half written, and the mode not chosen keeps its own. */
export interface ISizeDraft {
  mode: 'fixed' | 'adaptive';
  workers: string;
  minimum: string;
  maximum: string;
}

/** Begin to edit a size. */
export function draftOf(size: Size, limit: number): ISizeDraft {
  if ('workers' in size) {
    return {
      mode: 'fixed',
      workers: String(size.workers),
      minimum: '0',
      maximum: String(Math.min(Math.max(size.workers, 1), limit))
    };
  }
  return {
    mode: 'adaptive',
    workers: String(size.minimum),
    minimum: String(size.minimum),
    maximum: String(size.maximum)
  };
}

/** The size that a draft means; only for a draft without a problem. */
export function sizeOf(draft: ISizeDraft): Size {
  return draft.mode === 'fixed'
    ? { workers: Number(draft.workers) }
    : { minimum: Number(draft.minimum), maximum: Number(draft.maximum) };
}

/** What is wrong with a draft, null if nothing is. */
export function problemInSize(
  draft: ISizeDraft,
  limit: number,
  trans: TranslationBundle
): string | null {
  const numbers =
    draft.mode === 'fixed' ? [draft.workers] : [draft.minimum, draft.maximum];
  if (!numbers.every(text => /^\d+$/.test(text.trim()))) {
    return trans.__('The number of workers is a whole number from 0.');
  }
  if (numbers.some(text => Number(text) > limit)) {
    return trans._n(
      'The limit of the profile is %1 worker.',
      'The limit of the profile is %1 workers.',
      limit
    );
  }
  if (draft.mode === 'adaptive') {
    if (Number(draft.maximum) < 1) {
      return trans.__('The maximum is at least 1 worker.');
    }
    if (Number(draft.minimum) > Number(draft.maximum)) {
      return trans.__('The minimum is more than the maximum.');
    }
  }
  return null;
}
