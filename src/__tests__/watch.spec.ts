import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { Signal } from '@lumino/signaling';

import { ClusterWatch, notifications } from '../places/notifications';
import { Cluster } from '../tokens';
import { makeCluster } from './testing';

describe('what there is to tell of clusters', () => {
  let told: string[];
  let watch: ClusterWatch;
  let now: number;

  beforeEach(() => {
    told = [];
    now = 0;
    watch = new ClusterWatch(occasion => told.push(occasion));
  });

  /** The same for a while. */
  const seeUntil = (
    end: number,
    part: Partial<Cluster> & { running?: number }
  ) => {
    for (; now < end; now += 60_000) {
      see(part);
    }
  };

  const see = (part: Partial<Cluster> & { running?: number }) => {
    const { running = 0, ...rest } = part;
    const workers = { ...makeCluster().workers, running };
    watch.look([makeCluster({ workers, ...rest })], now);
  };

  it('says nothing of what is there at first', () => {
    see({ state: 'failed' });
    see({ state: 'failed' });
    expect(told).toEqual([]);
  });

  it('tells once that workers have come', () => {
    see({ state: 'starting' });
    see({ state: 'running' });
    expect(told).toEqual([]);
    see({ state: 'running', running: 1 });
    see({ state: 'running', running: 4 });
    expect(told).toEqual(['ready']);
  });

  it('tells of trouble', () => {
    see({ state: 'running', running: 1 });
    see({ state: 'degraded', running: 1 });
    see({ state: 'running', running: 1 });
    see({ state: 'failed' });
    expect(told).toEqual(['degraded', 'failed']);
  });

  it('tells once that a cluster is about to close', () => {
    const idle = { since: 0, until: 3600 };
    now = 3000_000 - 1;
    see({ idle });
    expect(told).toEqual([]);
    now = 3000_000;
    see({ idle });
    see({ idle });
    expect(told).toEqual(['closing']);
    see({ idle: { since: 3000, until: 6600 } });
    now = 6100_000;
    see({ idle: { since: 3000, until: 6600 } });
    expect(told).toEqual(['closing', 'closing']);
  });

  it('tells once of a cluster that does nothing for half an hour', () => {
    const tasks = { processing: 1, waiting: 0, erred: 0 };
    seeUntil(30 * 60_000, { running: 2 });
    expect(told).toEqual([]);
    see({ running: 2 });
    see({ running: 2 });
    expect(told).toEqual(['idle']);
    see({ running: 2, tasks });
    seeUntil(100 * 60_000, { running: 0 });
    expect(told).toEqual(['idle']);
  });

  it('does not know what a cluster did while nobody looked', () => {
    seeUntil(20 * 60_000, { running: 2 });
    now = 8 * 3600_000;
    seeUntil(now + 30 * 60_000, { running: 2 });
    expect(told).toEqual([]);
    see({ running: 2 });
    expect(told).toEqual(['idle']);
  });
});

describe('what is told', () => {
  it('can be silenced, each kind for itself', async () => {
    jest.useFakeTimers();
    const store: any = { status: 'connected', clusters: [] };
    store.changed = new Signal(store);
    store.removed = new Signal(store);
    const composite = { notifications: { failed: false } };
    const registry = { load: async () => ({ composite }) };
    void notifications.activate({} as JupyterFrontEnd, store, registry, null);
    await Promise.resolve();
    const become = (...states: Cluster['state'][]) => {
      for (const state of states) {
        store.clusters = [makeCluster({ state, reason: 'because' })];
        store.changed.emit();
      }
      return Notification.manager.notifications.map(({ message }) => message);
    };
    const { name } = makeCluster();
    expect(become('running', 'failed')).toEqual([]);
    store.removed.emit({ name, reason: 'because' });
    // What was known before the connection was lost is no news.
    store.clusters = [makeCluster({ idle: { since: 0, until: 0 } })];
    store.status = 'disconnected';
    jest.advanceTimersByTime(3600_000);
    expect(Notification.manager.notifications).toEqual([]);
    store.status = 'connected';
    expect(become('running', 'degraded')).toEqual([
      `${name} is degraded: because`
    ]);
    jest.useRealTimers();
  });
});
