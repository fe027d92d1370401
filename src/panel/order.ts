import type { Cluster } from '../tokens';

export type Order = 'created' | 'name' | 'state';

/** Those to look at first come first. */
const TROUBLE: ReadonlyArray<Cluster['state']> = [
  'close_failed',
  'failed',
  'lost',
  'degraded',
  'starting',
  'running',
  'closing',
  'closed'
];

/** The clusters, which come as they were made, in another order. */
export function sorted(
  clusters: ReadonlyArray<Cluster>,
  order: Order
): ReadonlyArray<Cluster> {
  switch (order) {
    case 'created':
      return clusters;
    case 'name':
      return [...clusters].sort((a, b) => a.name.localeCompare(b.name));
    case 'state':
      return [...clusters].sort(
        (a, b) => TROUBLE.indexOf(a.state) - TROUBLE.indexOf(b.state)
      );
  }
}

/** The clusters in the order in which they were before, new ones last: what somebody is about to click stays where it is. */
export function steady(
  clusters: ReadonlyArray<Cluster>,
  before: ReadonlyArray<Cluster>
): ReadonlyArray<Cluster> {
  const places = new Map(before.map(({ id }, place) => [id, place]));
  const placeOf = ({ id }: Cluster) => places.get(id) ?? before.length;
  return [...clusters].sort((a, b) => placeOf(a) - placeOf(b));
}
