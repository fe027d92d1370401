import type { TranslationBundle } from '@jupyterlab/translation';

import type { ClusterAPI } from '../api';
import { PolledModel } from './polledmodel';
import type { Event, History, IClusterStore } from '../tokens';

/** How many events are kept, as on the server. */
const EVENTS = 500;

/** What a cluster has been through, as far as it is known here: only what is new is asked for. */
export class HistoryModel extends PolledModel {
  constructor(
    private _api: ClusterAPI,
    store: IClusterStore,
    clusterId: string,
    trans: TranslationBundle
  ) {
    super(store, clusterId, trans);
  }

  /** In seconds since the epoch; the same array as long as there is no later one. */
  times: number[] = [];

  /** By name, a value for each time. */
  figures: Partial<History['figures']> = {};

  /** Latest first. */
  events: Event[] = [];

  protected async load(): Promise<() => void> {
    const after = Math.max(
      this.times[this.times.length - 1] ?? 0,
      this.events[0]?.time ?? 0
    );
    const news = await this._api.history(this.clusterId, after);
    return () => {
      // After a failure the whole is told once more.
      const from = news.times.findIndex(time => time > after);
      if (from !== -1) {
        this.times = [...this.times, ...news.times.slice(from)];
        for (const [name, values] of Object.entries(news.figures)) {
          this.figures[name] = [
            ...(this.figures[name] ?? []),
            ...values.slice(from)
          ];
        }
      }
      const events = news.events.filter(event => event.time > after);
      this.events = [...events.reverse(), ...this.events].slice(0, EVENTS);
    };
  }
}
