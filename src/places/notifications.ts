import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import {
  ITranslator,
  nullTranslator,
  TranslationBundle
} from '@jupyterlab/translation';

import { CommandIDs } from '../commandids';
import { closesSoon } from '../idle';
import { Cluster, IClusterStore } from '../tokens';

/** What is told of; each can be silenced in the settings. */
type Occasion = 'ready' | 'degraded' | 'failed' | 'idle' | 'closing';

/** How long a cluster must have nothing to do, in ms. */
const IDLE_TIME = 30 * 60_000;

/** How often what changes with time alone is looked at, in ms. */
const LOOK_TIME = 60_000;

/** How long nobody may have looked, in ms: a laptop slept, or the server was away. Browsers slow down what is hidden. */
const LONGEST_GAP = 5 * LOOK_TIME;

/** How long good news stays, in ms. */
const READY_TIME = 5000;

/** Tells of clusters that became ready, degraded, idle, or failed. */
export const notifications: JupyterFrontEndPlugin<void> = {
  id: 'casa-labext:notifications',
  description: 'Tells what becomes of Dask clusters.',
  autoStart: true,
  requires: [IClusterStore],
  optional: [ISettingRegistry, ITranslator],
  activate: (
    app,
    store: IClusterStore,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('casa_labext');
    let settings: ISettingRegistry.ISettings | null = null;
    registry?.load('casa-labext:plugin').then(
      loaded => (settings = loaded),
      reason => console.warn(reason)
    );
    const wanted = (occasion: Occasion) => {
      const chosen = settings?.composite.notifications as
        Partial<Record<Occasion, boolean>> | undefined;
      return chosen?.[occasion] !== false;
    };
    const tell = (occasion: Occasion, cluster: Cluster) => {
      if (wanted(occasion)) {
        const { id } = cluster;
        const action = (label: string, command: string) => ({
          label,
          callback: () => void app.commands.execute(command, { id })
        });
        const actions = [action(trans.__('Details'), CommandIDs.details)];
        if (occasion === 'closing') {
          actions.unshift(action(trans.__('Extend'), CommandIDs.extend));
        }
        Notification.emit(words(occasion, cluster, trans), TYPES[occasion], {
          autoClose: occasion === 'ready' ? READY_TIME : false,
          actions
        });
      }
    };
    const watch = new ClusterWatch(tell);
    // What was known before a laptop slept is no news.
    const look = () => {
      if (store.status === 'connected') {
        watch.look(store.clusters, Date.now());
      }
    };
    store.changed.connect(look);
    store.removed.connect((_, { name, reason }) => {
      if (reason !== null && wanted('failed')) {
        Notification.warning(trans.__('%1 is gone: %2', name, reason), {
          autoClose: false
        });
      }
    });
    // Nothing changes in a cluster that is idle.
    setInterval(look, LOOK_TIME);
  }
};

const TYPES: Record<Occasion, Notification.TypeOptions> = {
  ready: 'success',
  degraded: 'warning',
  failed: 'error',
  idle: 'info',
  closing: 'warning'
};

/** Compares the clusters with what they were. */
export class ClusterWatch {
  constructor(private _tell: (occasion: Occasion, cluster: Cluster) => void) {}

  /** See the clusters of now; `now` is in ms. */
  look(clusters: ReadonlyArray<Cluster>, now: number): void {
    if (now - this._last > LONGEST_GAP) {
      // Nobody knows what they did meanwhile.
      this._idleSince.clear();
    }
    this._last = now;
    for (const cluster of clusters) {
      const { id, state, tasks, workers, idle } = cluster;
      const before = this._states.get(id);
      // It is still starting for whoever waits for workers.
      const ready = workers.running > 0 || workers.requested === 0;
      const waits = before === 'starting' && state === 'running' && !ready;
      this._states.set(id, waits ? 'starting' : state);
      // Those that are there at first are no news.
      if (before !== undefined && before !== state) {
        if (state === 'failed' || state === 'close_failed') {
          this._tell('failed', cluster);
        } else if (state === 'degraded') {
          this._tell('degraded', cluster);
        } else if (before === 'starting' && state === 'running' && ready) {
          this._tell('ready', cluster);
        }
      }
      const busy =
        tasks.processing + tasks.waiting > 0 || workers.running === 0;
      const since = busy ? now : (this._idleSince.get(id) ?? now);
      if (since !== null && now - since >= IDLE_TIME) {
        this._tell('idle', cluster);
        this._idleSince.set(id, Infinity); // once
      } else {
        this._idleSince.set(id, since);
      }
      if (idle && closesSoon(idle, now / 1000)) {
        if (this._ends.get(id) !== idle.until) {
          this._tell('closing', cluster);
        }
        this._ends.set(id, idle.until); // once
      }
    }
    const ids = new Set(clusters.map(({ id }) => id));
    for (const id of this._states.keys()) {
      if (!ids.has(id)) {
        this._states.delete(id);
        this._idleSince.delete(id);
        this._ends.delete(id);
      }
    }
  }

  private _last = -Infinity;
  private _states = new Map<string, Cluster['state']>();
  private _idleSince = new Map<string, number>();
  private _ends = new Map<string, number>();
}

function words(
  occasion: Occasion,
  { name, reason, workers, idle }: Cluster,
  trans: TranslationBundle
): string {
  switch (occasion) {
    case 'ready':
      return trans.__('%1 is ready.', name);
    case 'degraded':
      return trans.__('%1 is degraded: %2', name, reason ?? '');
    case 'failed':
      return trans.__('%1 has failed: %2', name, reason ?? '');
    case 'idle':
      return trans._n(
        '%2 has had nothing to do for half an hour, with %1 worker.',
        '%2 has had nothing to do for half an hour, with %1 workers.',
        workers.running,
        name
      );
    case 'closing':
      return trans.__(
        '%1 has nothing to do, and closes at %2.',
        name,
        new Date(idle!.until * 1000).toLocaleTimeString()
      );
  }
}
