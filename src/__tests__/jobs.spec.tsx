import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { Signal } from '@lumino/signaling';
import * as React from 'react';

import { ClusterAPI } from '../api';
import { Jobs } from '../details/jobs';
import { JobsModel } from '../details/jobsmodel';
import { Cluster, ConnectionStatus, IClusterStore, Job } from '../tokens';
import { makeCluster, makeJob, makeSettings, typeInto } from './testing';

const trans = nullTranslator.load('casa_labext');

/** A store that holds what the test puts in. */
class FakeStore {
  status: ConnectionStatus = 'connected';
  cluster: Cluster | undefined = makeCluster({ has_jobs: true });
  changed = new Signal<any, void>(this);

  get(): Cluster | undefined {
    return this.cluster;
  }
}

const MANY = Array.from({ length: 5000 }, (_, i) =>
  makeJob({
    id: `${5000 - i}.0`,
    worker: `w${5000 - i}`,
    state: i % 5 === 1 ? 'held' : 'running',
    reason: i % 5 === 1 ? `Held for ${i}` : null,
    actions: i % 5 === 1 ? ['release', 'cancel'] : ['cancel']
  })
);

describe('the jobs of a cluster', () => {
  let tab: Jobs;
  let store: FakeStore;
  let answer: (request: Request) => Response;
  let requests: string[];
  const showLogs = jest.fn();

  beforeEach(() => {
    (globalThis as any).IS_REACT_ACT_ENVIRONMENT = true;
    jest.useFakeTimers();
    store = new FakeStore();
    requests = [];
  });

  afterEach(() => {
    React.act(() => tab.dispose());
    document.body.textContent = '';
    jest.useRealTimers();
  });

  const pass = (time = 0) =>
    React.act(async () => {
      MessageLoop.flush();
      await jest.advanceTimersByTimeAsync(time);
    });

  const draw = async (jobs: Job[]) => {
    answer = request =>
      Response.json(request.method === 'GET' ? jobs : makeCluster());
    const settings = makeSettings(request => {
      const path = new URL(request.url).pathname.split('/api/')[1];
      requests.push(`${request.method} ${path}`);
      return answer(request);
    });
    const model = new JobsModel(
      new ClusterAPI(settings),
      store as unknown as IClusterStore,
      store.cluster!.id,
      trans
    );
    tab = new Jobs(model, showLogs, trans);
    React.act(() => Widget.attach(tab, document.body));
    await pass();
    await pass();
  };

  const all = (selector: string) =>
    Array.from(tab.node.querySelectorAll<HTMLElement>(selector));
  const rows = () => all('[role="rowgroup"] > [role="row"]');
  const ids = () => rows().map(row => row.getAttribute('aria-label'));
  const grid = () => all('[role="grid"]')[0];
  const click = (node: Element) =>
    React.act(() => {
      node.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    });
  const inRow = (id: string, label: string) =>
    all(`[role="row"][aria-label="${id}"] [aria-label="${label}"]`)[0];
  const header = (text: string) =>
    all('[role="columnheader"] button').find(node =>
      node.textContent!.startsWith(text)
    )!;
  const chip = (text: string) =>
    all('[aria-label="States"] button').find(node =>
      node.textContent!.includes(text)
    )!;
  const press = (key: string) =>
    React.act(() => {
      document.activeElement!.dispatchEvent(
        new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })
      );
    });
  const base = `clusters/${makeCluster().id}`;

  it('says how long a job may run', async () => {
    const hour = Date.now() / 1000 + 3610;
    await draw([
      makeJob({ walltime_end: hour }),
      makeJob({ id: '2', worker: 'b', walltime_end: null })
    ]);
    const cells = rows().map(row => row.children[7].textContent);
    expect(cells.sort()).toEqual(['', 'in 1 h']);
  });

  it('draws few of many rows, and others when scrolled', async () => {
    await draw(MANY);
    expect(grid().getAttribute('aria-rowcount')).toBe('5001');
    expect(rows().length).toBeLessThan(100);
    expect(ids()[0]).toBe('5000.0');
    await React.act(async () => {
      grid().scrollTop = 28 * 3000;
      grid().dispatchEvent(new Event('scroll'));
    });
    expect(rows().length).toBeLessThan(100);
    expect(ids()).toContain('2000.0');
    expect(ids()).not.toContain('4990.0');
  });

  it('moves with the arrow keys, and keeps the focus out of sight', async () => {
    await draw(MANY);
    React.act(() => rows()[0].focus());
    press('ArrowDown');
    expect(document.activeElement!.getAttribute('aria-label')).toBe('4999.0');
    press('End');
    expect(document.activeElement!.getAttribute('aria-label')).toBe('1.0');
    await React.act(async () => {
      grid().scrollTop = 0;
      grid().dispatchEvent(new Event('scroll'));
    });
    expect(document.activeElement!.getAttribute('aria-label')).toBe('1.0');
    expect(ids()).toContain('5000.0');
  });

  it('sorts', async () => {
    await draw(MANY);
    click(header('Job'));
    expect(ids()[0]).toBe('1.0');
    const sorted = header('Job').parentElement!;
    expect(sorted.getAttribute('aria-sort')).toBe('ascending');
    click(header('Job'));
    expect(ids()[0]).toBe('5000.0');
    expect(sorted.getAttribute('aria-sort')).toBe('descending');
  });

  it('filters by state and text', async () => {
    await draw(MANY);
    expect(chip('held').textContent).toBe('1000 held');
    click(chip('held'));
    expect(chip('held').getAttribute('aria-pressed')).toBe('true');
    expect(ids()[0]).toBe('4999.0');
    expect(tab.node.textContent).toContain('1000 of 5000 jobs');
    const input = all('input[type="search"]')[0] as HTMLInputElement;
    typeInto(input, 'for 4996');
    expect(ids()).toEqual(['4.0']);
  });

  it('acts, and asks again', async () => {
    await draw(MANY);
    click(inRow('4999.0', 'Release'));
    expect(inRow('4999.0', 'Release')).toHaveProperty('disabled', true);
    await pass();
    await pass();
    expect(requests).toEqual([
      `GET ${base}/jobs`,
      `POST ${base}/jobs/4999.0/release`,
      `GET ${base}/jobs`
    ]);
    click(inRow('4999.0', 'Log'));
    expect(showLogs).toHaveBeenCalledWith('4999.0');
  });

  it('asks before it stops connected workers', async () => {
    await draw([
      makeJob({ id: '1.0', workers: 2 }),
      makeJob({ id: null, worker: 'a/b', workers: 0 })
    ]);
    click(inRow('a/b', 'Cancel'));
    await pass();
    expect(requests).toContain(`POST ${base}/jobs/a%2Fb/cancel`);
    click(inRow('1.0', 'Cancel'));
    await pass();
    const dialog = document.querySelector('.jp-Dialog')!;
    expect(dialog.textContent).toContain('2 connected workers will be stopped');
    expect(requests).not.toContain(`POST ${base}/jobs/1.0/cancel`);
    click(dialog.querySelector('.jp-mod-warn')!);
    await pass();
    expect(requests).toContain(`POST ${base}/jobs/1.0/cancel`);
  });

  it('says why something failed, and keeps the rows', async () => {
    await draw([makeJob()]);
    answer = () => Response.json({ message: 'No schedd.' }, { status: 503 });
    click(inRow('1.0', 'Retry'));
    await pass();
    await pass();
    const texts = all('[role="alert"]').map(node => node.textContent);
    expect(texts).toEqual(['No schedd.', 'No schedd.']);
    expect(ids()).toEqual(['1.0']);
  });

  it('asks only while it is seen, soon after a change and slowly otherwise', async () => {
    await draw([makeJob()]);
    expect(requests).toHaveLength(1);
    await pass(9000);
    expect(requests).toHaveLength(1);
    await pass(1500);
    expect(requests).toHaveLength(2);
    const change = () => {
      store.cluster = makeCluster({ has_jobs: true });
      React.act(() => store.changed.emit());
    };
    change();
    change();
    await pass(2500);
    expect(requests).toHaveLength(3);
    React.act(() => tab.hide());
    change();
    await pass(30_000);
    expect(requests).toHaveLength(3);
    React.act(() => tab.show());
    await pass();
    expect(requests).toHaveLength(4);
  });

  it('says that the cluster is gone, and stops asking', async () => {
    await draw([makeJob()]);
    store.cluster = undefined;
    React.act(() => store.changed.emit());
    expect(all('[role="status"]')[0].textContent).toBe('This cluster is gone.');
    expect(inRow('1.0', 'Cancel')).toHaveProperty('disabled', true);
    await pass(60_000);
    expect(requests).toHaveLength(1);
  });
});
