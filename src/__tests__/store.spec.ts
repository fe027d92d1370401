import { ClusterAPI } from '../api';
import { ClusterStore } from '../store';
import { FakeSocket, makeCluster, makeSettings } from './testing';

const profiles = { profiles: [], problems: [] };

describe('ClusterStore', () => {
  let store: ClusterStore;

  beforeEach(() => {
    jest.useFakeTimers();
    FakeSocket.sockets = [];
    const settings = makeSettings(
      () => new Response(JSON.stringify(profiles)),
      { token: 'a b', appendToken: true }
    );
    store = new ClusterStore(new ClusterAPI(settings));
  });

  afterEach(() => {
    store.dispose();
    jest.useRealTimers();
  });

  const begin = (...clusters: ReturnType<typeof makeCluster>[]) =>
    FakeSocket.last.send({ type: 'clusters', clusters });

  it('opens the stream below the base URL, with the token', () => {
    expect(FakeSocket.last.url).toBe(
      'ws://localhost:8888/user/a/casa-labext/api/stream?token=a%20b'
    );
    expect(store.status).toBe('connecting');
  });

  it('is connected when it has the clusters', () => {
    begin(makeCluster());
    expect(store.status).toBe('connected');
    expect(store.clusters.map(c => c.name)).toEqual(['Physics']);
  });

  it('asks for the profiles when told to, and again after a reconnect', async () => {
    begin();
    await jest.advanceTimersByTimeAsync(0);
    expect(store.profiles).toBeNull();
    await store.loadProfiles();
    expect(store.profiles).toEqual(profiles);
    const loaded = jest.spyOn(store, 'loadProfiles');
    begin();
    expect(loaded).toHaveBeenCalledTimes(1);
  });

  it('takes a connection for lost that has been silent for long', () => {
    begin(makeCluster());
    jest.advanceTimersByTime(7_000);
    FakeSocket.last.send({ type: 'alive' });
    jest.advanceTimersByTime(7_000);
    expect(store.status).toBe('connected');
    jest.advanceTimersByTime(2_000);
    expect(store.status).toBe('disconnected');
  });

  it('follows changes, additions and removals', () => {
    const removed = jest.fn();
    store.removed.connect((_, message) => removed(message.reason));
    begin(makeCluster({ id: '1' }));
    FakeSocket.last.send({
      type: 'cluster',
      cluster: makeCluster({ id: '2' })
    });
    FakeSocket.last.send({
      type: 'cluster',
      cluster: makeCluster({ id: '1', name: 'New name' })
    });
    expect(store.clusters.map(c => [c.id, c.name])).toEqual([
      ['1', 'New name'],
      ['2', 'Physics']
    ]);
    FakeSocket.last.send({
      type: 'removed',
      id: '1',
      name: 'New name',
      reason: 'killed'
    });
    expect(store.get('1')).toBeUndefined();
    expect(removed).toHaveBeenCalledWith('killed');
  });

  it('says so when disconnected, and keeps the clusters', () => {
    begin(makeCluster());
    const changed = jest.fn();
    store.changed.connect(() => changed(store.status));
    FakeSocket.last.drop();
    expect(changed).toHaveBeenCalledWith('disconnected');
    expect(store.clusters).toHaveLength(1);
  });

  it('tries again later and later, and from anew after a success', () => {
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt++) {
      const count = FakeSocket.sockets.length;
      FakeSocket.last.drop();
      let waited = 0;
      while (FakeSocket.sockets.length === count) {
        jest.advanceTimersByTime(500);
        waited += 500;
      }
      waits.push(waited);
    }
    expect(waits).toEqual([
      500, 1000, 2000, 4000, 8000, 8000, 8000, 8000, 8000
    ]);
    begin();
    expect(store.status).toBe('connected');
    const count = FakeSocket.sockets.length;
    FakeSocket.last.drop();
    jest.advanceTimersByTime(500);
    expect(FakeSocket.sockets.length).toBe(count + 1);
  });

  it('takes what it is told on reconnecting as the whole truth', () => {
    begin(makeCluster({ id: '1' }), makeCluster({ id: '2' }));
    FakeSocket.last.drop();
    jest.advanceTimersByTime(500);
    expect(store.status).toBe('disconnected');
    const removed = jest.fn();
    store.removed.connect((_, { id, reason }) => removed(id, reason));
    begin(makeCluster({ id: '2' }));
    expect(store.clusters.map(c => c.id)).toEqual(['2']);
    expect(removed.mock.calls).toEqual([['1', null]]);
  });

  it('gives up a connection that brings nothing', () => {
    const silent = FakeSocket.last;
    jest.advanceTimersByTime(10_000);
    expect(silent.closed).toBe(true);
    expect(store.status).toBe('disconnected');
  });

  it('is disconnected at once when the browser is offline, and back when online', () => {
    begin();
    window.dispatchEvent(new Event('offline'));
    expect(store.status).toBe('disconnected');
    const count = FakeSocket.sockets.length;
    window.dispatchEvent(new Event('online'));
    expect(FakeSocket.sockets.length).toBe(count + 1);
  });

  it('tries at once when told to', () => {
    begin();
    FakeSocket.last.drop();
    const count = FakeSocket.sockets.length;
    store.reconnect();
    expect(FakeSocket.sockets.length).toBe(count + 1);
  });

  it('ends with its last connection', () => {
    begin();
    store.dispose();
    expect(FakeSocket.last.closed).toBe(true);
    jest.advanceTimersByTime(60_000);
    expect(FakeSocket.sockets).toHaveLength(1);
  });
});
