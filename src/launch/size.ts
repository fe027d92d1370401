import type { TranslationBundle } from '@jupyterlab/translation';

import type { Size } from '../tokens';

/** What adaptive scaling can be told besides its bounds, in what range, in the contract's words. */
export const ADAPTIVE_OPTIONS = {
  interval: { smallest: 0.1, largest: 3600, whole: false },
  wait_count: { smallest: 1, largest: 1000, whole: true },
  target_duration: { smallest: 0.1, largest: 86400, whole: false }
} as const;

export type AdaptiveOption = keyof typeof ADAPTIVE_OPTIONS;

const OPTION_NAMES = Object.keys(ADAPTIVE_OPTIONS) as AdaptiveOption[];

/**
 * A size as it is being typed: numbers may be half written, and the mode not chosen keeps its own.
 * An adaptive option that is empty is as dask has it.
 */
export interface ISizeDraft extends Record<AdaptiveOption, string> {
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
      maximum: String(Math.min(Math.max(size.workers, 1), limit)),
      ...optionsOf({})
    };
  }
  return {
    mode: 'adaptive',
    workers: String(size.minimum),
    minimum: String(size.minimum),
    maximum: String(size.maximum),
    ...optionsOf(size)
  };
}

function optionsOf(
  size: Partial<Record<AdaptiveOption, number>>
): Record<AdaptiveOption, string> {
  const text = (name: AdaptiveOption) => String(size[name] ?? '');
  return {
    interval: text('interval'),
    wait_count: text('wait_count'),
    target_duration: text('target_duration')
  };
}

/** The size that a draft means; only for a draft without a problem. */
export function sizeOf(draft: ISizeDraft): Size {
  if (draft.mode === 'fixed') {
    return { workers: Number(draft.workers) };
  }
  const options = OPTION_NAMES.filter(name => draft[name].trim() !== '');
  return {
    minimum: Number(draft.minimum),
    maximum: Number(draft.maximum),
    ...Object.fromEntries(options.map(name => [name, Number(draft[name])]))
  };
}

/** Whether an adaptive option is none, or in its range. */
export function isAdaptiveOption(name: AdaptiveOption, text: string): boolean {
  const { smallest, largest, whole } = ADAPTIVE_OPTIONS[name];
  const value = Number(text);
  return (
    text.trim() === '' ||
    (value >= smallest &&
      value <= largest &&
      (!whole || Number.isInteger(value)))
  );
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
    if (!OPTION_NAMES.every(name => isAdaptiveOption(name, draft[name]))) {
      return trans.__('An adaptive option is out of its range.');
    }
  }
  return null;
}
