import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { MessageLoop } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

import { CommandIDs } from '../commandids';
import { ClusterPanel } from '../panel/panel';
import type { Cluster } from '../tokens';
import { makeCluster } from './testing';

describe('ClusterPanel', () => {
  const commands = new CommandRegistry();
  Object.values(CommandIDs).forEach(id =>
    commands.addCommand(id, { label: id, execute: () => undefined })
  );
  const store = {
    status: 'connected',
    profiles: null,
    clusters: [] as Cluster[],
    changed: new Signal<any, void>({}),
    loadProfiles: () => Promise.resolve()
  };
  let panel: ClusterPanel;

  const pass = (time = 0) =>
    React.act(async () => {
      MessageLoop.flush();
      await jest.advanceTimersByTimeAsync(time);
    });
  const set = async (part: Partial<Cluster>) => {
    store.clusters = [makeCluster(part)];
    React.act(() => store.changed.emit());
    await pass();
  };
  const show = async (shown: boolean) => {
    React.act(() => panel.setHidden(!shown));
    await pass();
  };

  beforeEach(async () => {
    (globalThis as any).IS_REACT_ACT_ENVIRONMENT = true;
    jest.useFakeTimers();
    const history = () => Promise.reject(new Error('none'));
    panel = new ClusterPanel(
      { history } as any,
      store as any,
      commands,
      nullTranslator
    );
    panel.hide();
    React.act(() => Widget.attach(panel, document.body));
    await set({ name: 'First', created: Date.now() / 1000 });
    await show(true);
    // What it shows is loaded.
    await React.act(() => import('../panel/clusterlist'));
    await pass();
  });

  afterEach(() => {
    React.act(() => panel.dispose());
    jest.useRealTimers();
  });

  it('draws nothing while it is hidden, and all when it is shown again', async () => {
    const { created } = store.clusters[0];
    expect(panel.node.textContent).toContain('First');
    expect(panel.node.textContent).toContain('0 min');
    await set({ name: 'Second', created });
    expect(panel.node.textContent).toContain('Second');
    await show(false);
    await set({ name: 'Third', created });
    await pass(185_000);
    expect(panel.node.textContent).toContain('Second');
    expect(panel.node.textContent).toContain('0 min');
    await show(true);
    expect(panel.node.textContent).toContain('Third');
    expect(panel.node.textContent).toContain('3 min');
    await pass(60_000);
    expect(panel.node.textContent).toContain('4 min');
  });
});
