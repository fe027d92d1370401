import type { IDisposable } from '@lumino/disposable';

import type { ClusterAPI } from '../api';
import type { Cluster, IClusterStore } from '../tokens';

/** What a small plot shows at a moment. */
export interface ISample {
  /** In seconds since the epoch. */
  time: number;

  /** Cores in use. */
  cpu: number;

  /** Tasks that are processed or wait. */
  tasks: number;
}

/** How far back the small plots look, in seconds. */
export const SPAN = 300;

/** The last minutes of each cluster: asked for once, then fed by the store. */
export class RecentSamples implements IDisposable {
  constructor(
    private _api: ClusterAPI,
    private _store: IClusterStore
  ) {
    _store.changed.connect(this._follow, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** The samples of a cluster, oldest first; the same array as long as there is no other one. */
  of(id: string): ReadonlyArray<ISample> {
    if (!this._samples.has(id)) {
      this._samples.set(id, []);
      void this._load(id);
    }
    return this._samples.get(id)!;
  }

  dispose(): void {
    this._isDisposed = true;
    this._store.changed.disconnect(this._follow, this);
  }

  private async _load(id: string): Promise<void> {
    try {
      const after = Date.now() / 1000 - SPAN;
      const { times, figures } = await this._api.history(id, after);
      const { cpu, processing, waiting } = figures;
      const earlier = times.map((time, i) => ({
        time,
        cpu: cpu[i],
        tasks: processing[i] + waiting[i]
      }));
      this._samples.set(id, [...earlier, ...(this._samples.get(id) ?? [])]);
    } catch {
      // A cluster that is only starting has none: what comes is drawn.
    }
  }

  private _follow(): void {
    const now = Date.now() / 1000;
    const { clusters } = this._store;
    for (const cluster of clusters) {
      const samples = this._samples.get(cluster.id);
      if (samples && this._seen.get(cluster.id) !== cluster) {
        this._seen.set(cluster.id, cluster);
        this._samples.set(cluster.id, [
          ...samples.filter(({ time }) => time >= now - SPAN),
          sampleOf(cluster, now)
        ]);
      }
    }
    const ids = new Set(clusters.map(cluster => cluster.id));
    for (const id of this._samples.keys()) {
      if (!ids.has(id)) {
        this._samples.delete(id);
        this._seen.delete(id);
      }
    }
  }

  private _samples = new Map<string, ReadonlyArray<ISample>>();
  private _seen = new Map<string, Cluster>();
  private _isDisposed = false;
}

function sampleOf({ cpu, tasks }: Cluster, time: number): ISample {
  return { time, cpu, tasks: tasks.processing + tasks.waiting };
}
