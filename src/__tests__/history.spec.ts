import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';

import { HistoryModel } from '../details/historymodel';
import { selectWorkers } from '../details/workers';
import { RecentSamples, SPAN } from '../panel/recent';
import { Cluster, History, Worker } from '../tokens';
import { makeCluster } from './testing';

const trans = nullTranslator.load('casa_labext');

class FakeStore {
  status = 'connected';
  clusters: Cluster[] = [makeCluster()];
  changed = new Signal<any, void>(this);

  get(id: string): Cluster | undefined {
    return this.clusters.find(cluster => cluster.id === id);
  }

  set(...clusters: Cluster[]): void {
    this.clusters = clusters;
    this.changed.emit();
  }
}

const told = (times: number[], texts: [number, string][]): History => ({
  times,
  figures: { running: times.map(time => time * 10) } as any,
  events: texts.map(([time, text]) => ({ time, text }))
});

const modelOf = (history: jest.Mock) => {
  const store = new FakeStore();
  return new HistoryModel(
    { history } as any,
    store as any,
    store.clusters[0].id,
    trans
  );
};

describe('HistoryModel', () => {
  it('asks only for what is new, and takes nothing twice', async () => {
    const history = jest
      .fn()
      .mockResolvedValueOnce(told([1, 2], [[1, 'Running']]))
      .mockResolvedValueOnce(told([3], [[3, 'Degraded']]))
      // After a failure the whole is told.
      .mockResolvedValueOnce(
        told(
          [1, 2, 3, 4],
          [
            [1, 'Running'],
            [3, 'Degraded'],
            [5, 'Failed']
          ]
        )
      );
    const model = modelOf(history);
    await model.refresh();
    await model.refresh();
    await model.refresh();
    expect(history.mock.calls.map(([, after]) => after)).toEqual([0, 2, 3]);
    expect(model.times).toEqual([1, 2, 3, 4]);
    expect(model.figures.running).toEqual([10, 20, 30, 40]);
    expect(model.events.map(({ text }) => text)).toEqual([
      'Failed',
      'Degraded',
      'Running'
    ]);
    model.dispose();
  });

  it('has the same times as long as there are no later ones, and as many events as the server', async () => {
    const history = jest
      .fn()
      .mockResolvedValueOnce(told([1, 2], [[1, 'Running']]))
      .mockResolvedValueOnce(told([], []))
      .mockResolvedValueOnce(
        told(
          [],
          Array.from({ length: 500 }, (_, i) => [3 + i, `Event ${i}`])
        )
      );
    const model = modelOf(history);
    await model.refresh();
    const { times } = model;
    await model.refresh();
    await model.refresh();
    expect(model.times).toBe(times);
    expect(model.events).toHaveLength(500);
    expect(model.events[499].text).toBe('Event 0');
    model.dispose();
  });
});

describe('RecentSamples', () => {
  it('begins with what the server knows, and goes on with what it sends', async () => {
    jest.useFakeTimers({ now: 1_000_000 });
    const store = new FakeStore();
    const { id } = store.clusters[0];
    const history = jest.fn().mockResolvedValue({
      times: [990],
      figures: { cpu: [2], processing: [1], waiting: [4] },
      events: []
    });
    const recent = new RecentSamples({ history } as any, store as any);
    expect(recent.of(id)).toEqual([]);
    store.set(makeCluster({ cpu: 3 }));
    await jest.advanceTimersByTimeAsync(0);
    expect(history).toHaveBeenCalledWith(id, 1000 - SPAN);
    expect(recent.of(id)).toEqual([
      { time: 990, cpu: 2, tasks: 5 },
      { time: 1000, cpu: 3, tasks: 0 }
    ]);
    // Nothing new of this cluster.
    store.changed.emit();
    expect(recent.of(id)).toHaveLength(2);
    jest.advanceTimersByTime(SPAN * 1000 - 5000);
    store.set(makeCluster({ cpu: 1 }));
    expect(recent.of(id).map(({ cpu }) => cpu)).toEqual([3, 1]);
    store.set();
    expect(history).toHaveBeenCalledTimes(1);
    recent.dispose();
    jest.useRealTimers();
  });
});

it('workers are filtered and sorted', () => {
  const worker = (name: string, memory: number) =>
    ({ name, memory, host: 'node', address: `tls://${name}` }) as Worker;
  const workers = [worker('w-10', 1), worker('w-9', 3), worker('x', 2)];
  const names = (text: string, key: 'name' | 'memory', descending: boolean) =>
    selectWorkers(workers, text, { key, descending }).map(w => w.name);
  expect(names('', 'name', false)).toEqual(['w-9', 'w-10', 'x']);
  expect(names('W-', 'memory', true)).toEqual(['w-9', 'w-10']);
});
