import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { MessageLoop } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

// There is no canvas.
jest.mock('../details/plot', () => ({ Plot: () => null }));

import { CommandIDs } from '../commandids';
import { Details } from '../details/details';
import type { Cluster } from '../tokens';
import { makeCluster } from './testing';

const { id } = makeCluster();

describe('the details of a cluster', () => {
  let details: Details;
  const store = {
    status: 'connecting',
    cluster: undefined as Cluster | undefined,
    get: () => store.cluster,
    changed: new Signal<any, void>({})
  };
  const commands = new CommandRegistry();
  Object.values(CommandIDs).forEach(command =>
    commands.addCommand(command, {
      label: () => `${command} ${store.cluster?.state}`,
      execute: () => undefined
    })
  );
  const workers = ['tls://10.0.0.1:1', 'tls://10.0.0.2:1'].map(address => ({
    ...{ name: 'w-0', address, status: 'running', host: 'node', cores: 1 },
    ...{ cpu: 0, memory: 0, memory_limit: 0, spilled: 0, processing: 0 },
    ...{ last_seen: 0, since: 0 }
  }));
  const never = () => new Promise<never>(() => {});
  const open = jest.fn();

  const pass = () =>
    React.act(async () => {
      MessageLoop.flush();
    });
  const set = async (status: string, cluster?: Cluster) => {
    Object.assign(store, { status, cluster });
    React.act(() => store.changed.emit());
    await pass();
  };
  const labels = () =>
    Array.from(
      details.content.tabBar.node.querySelectorAll('.lm-TabBar-tabLabel')
    ).map(node => node.textContent);

  beforeEach(async () => {
    (globalThis as any).IS_REACT_ACT_ENVIRONMENT = true;
    jest.useFakeTimers();
    Object.assign(store, { status: 'connecting', cluster: undefined });
    const api: any = { workers: async () => workers, history: never };
    const trans = nullTranslator.load('casa_labext');
    details = new Details({
      ...{ api, store: store as any, commands, id, open, trans }
    });
    React.act(() => Widget.attach(details, document.body));
    await pass();
  });

  afterEach(() => {
    React.act(() => details.dispose());
    jest.useRealTimers();
  });

  it('have the buttons of its state', async () => {
    const text = () => details.toolbar.node.textContent;
    await set('connected', makeCluster({ state: 'starting' }));
    expect(text()).toContain(`${CommandIDs.shutdown} starting`);
    await set('connected', makeCluster({ state: 'running' }));
    expect(text()).toContain(`${CommandIDs.shutdown} running`);
    expect(text()).not.toContain('starting');
  });

  it('say that it is gone, once that is known', async () => {
    await set('connecting');
    expect(labels()).toEqual([]);
    await set('connected');
    await set('connected');
    expect(labels()).toEqual(['Gone']);
    expect(details.content.node.textContent).toContain('This cluster is gone.');
    await set('connected', makeCluster());
    expect(labels()).toContain('Overview');
    expect(labels()).not.toContain('Gone');
    await set('connected');
    expect(labels()).not.toContain('Gone');
  });

  it('show the log of each worker, whatever its name', async () => {
    await set('connected', makeCluster());
    React.act(() => details.reveal('workers'));
    await React.act(() => jest.advanceTimersByTimeAsync(0));
    const buttons = details.node.querySelectorAll<HTMLElement>('[title="Log"]');
    expect(buttons).toHaveLength(2);
    React.act(() => buttons.forEach(button => button.click()));
    expect(open.mock.calls.map(([tab]) => tab)).toEqual(
      workers.map(({ address }) => `casa-labext-log-${id}-${address}`)
    );
  });
});
