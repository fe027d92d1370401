import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';

import { addressIn, canFrame } from '../dashboards/foreign';
import { DashboardFrame, dashboardURL } from '../dashboards/frame';
import { grouped, plotsOf } from '../dashboards/plots';
import { Cluster, IClusterStore } from '../tokens';
import { makeCluster, makeSettings } from './testing';

const trans = nullTranslator.load('casa_labext');
const BASE = 'http://localhost:8888/user/a/';
const DASHBOARD = '/user/a/proxy/8787/status';

describe('the address of a plot', () => {
  const of = (part: Partial<Cluster>) =>
    dashboardURL(makeCluster(part), 'individual-graph', BASE);

  it('is beside the dashboard', () => {
    expect(of({ dashboard: DASHBOARD })).toBe(
      'http://localhost:8888/user/a/proxy/8787/individual-graph'
    );
  });

  it('is none for what may not have the origin of the server', () => {
    expect(of({ dashboard: DASHBOARD, trusted: false })).toBeNull();
    expect(of({ dashboard: 'javascript:alert(1)//x' })).toBeNull();
    expect(of({ dashboard: null })).toBeNull();
  });
});

describe('an address of the user', () => {
  const page = new URL('https://hub.example.org/user/a/lab');
  const framed = (text: string) => canFrame(addressIn(text, trans), page);

  it('is framed unless it would have the rights of the page', () => {
    expect(framed('https://dask.example.org/status')).toBe(true);
    expect(framed('https://hub.example.org/user/a/proxy/1/status')).toBe(false);
    expect(framed('http://dask.example.org/status')).toBe(false);
  });

  it('is one of the web', () => {
    expect(() => framed('javascript:alert(1)')).toThrow('is no address');
    expect(() => framed('10.0.0.1:8787/status')).toThrow('is no address');
  });
});

describe('plots', () => {
  it('are asked of the dashboard, and grouped', async () => {
    const settings = makeSettings(() =>
      Response.json({
        'Individual Task Stream': '/individual-task-stream',
        'Individual Workers Memory': '/individual-workers-memory',
        'Individual Bandwidth Types': '/individual-bandwidth-types',
        'Individual Novelty': '/individual-novelty'
      })
    );
    const groups = await plotsOf(
      makeCluster({ dashboard: DASHBOARD }),
      settings,
      trans
    );
    expect(groups.map(({ label }) => label)).toEqual([
      'Tasks',
      'Memory',
      'Network',
      'Other'
    ]);
    expect(groups[0].plots).toEqual([
      { plot: 'individual-task-stream', title: 'Task Stream' }
    ]);
  });

  it('are not asked of another origin', async () => {
    const fetch = jest.fn();
    const settings = makeSettings(fetch);
    const dashboard = 'https://gateway.example.org/clusters/1/status';
    expect(await plotsOf(makeCluster({ dashboard }), settings, trans)).toEqual(
      []
    );
    expect(fetch).not.toHaveBeenCalled();
    expect(grouped([], trans)).toEqual([]);
  });
});

describe('a pane', () => {
  it('says that its cluster has gone, and comes back with one of its name', () => {
    const store = {
      status: 'connected',
      clusters: [] as Cluster[],
      get: (id: string) => store.clusters.find(c => c.id === id),
      changed: new Signal<any, void>({})
    };
    const set = (...clusters: Cluster[]) => {
      store.clusters = clusters;
      store.changed.emit();
    };
    const here = makeCluster({ dashboard: DASHBOARD });
    set(here);
    const frame = new DashboardFrame(
      store as unknown as IClusterStore,
      { id: here.id, name: here.name, plot: 'status', title: 'Dashboard' },
      BASE,
      trans
    );
    const note = frame.node.querySelector('[role="status"]')!;
    expect(frame.url).toContain('/proxy/8787/status');
    expect(frame.title.label).toBe('Dashboard — Physics');
    expect(note.textContent).toBe('');
    set();
    expect(frame.url).toBe('');
    expect(note.textContent).toContain('Physics is gone');
    set(makeCluster({ id: 'b'.repeat(32), dashboard: '/proxy/9/status' }));
    expect(frame.url).toContain('/proxy/9/status');
    // Somebody else's cluster may have any name.
    const trusted = store.clusters[0];
    set({ ...trusted, trusted: false });
    expect(frame.url).toBe('');
    expect(frame.node.querySelector('iframe')!.src).toBe('about:blank');
    set(trusted);
    store.status = 'disconnected';
    set(...store.clusters);
    expect(note.textContent).toContain('block WebSockets');
    // The plot's own connection is lost, too.
    const loads = jest.spyOn(
      frame.node.querySelector('iframe')!,
      'setAttribute'
    );
    store.status = 'connected';
    set(...store.clusters);
    set(...store.clusters);
    expect(loads.mock.calls).toEqual([['src', frame.url]]);
    frame.dispose();
  });
});
