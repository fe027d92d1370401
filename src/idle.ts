import type { Idle } from './tokens';

/** How long before its end an idle cluster is worth a word, in seconds. */
const SOON = 600;

/** Whether an idle cluster closes soon: in the last ten minutes, but not in the first half of its time. */
export function closesSoon({ since, until }: Idle, now: number): boolean {
  return until - now <= Math.min(SOON, (until - since) / 2);
}
