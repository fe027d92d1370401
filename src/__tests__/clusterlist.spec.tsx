import { ReactWidget } from '@jupyterlab/ui-components';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

import { ClusterList } from '../panel/clusterlist';
import { CommandIDs } from '../commandids';
import type { RecentSamples } from '../panel/recent';
import type { Cluster, IClusterStore, State } from '../tokens';
import { makeCluster, typeInto } from './testing';

const trans = nullTranslator.load('casa_labext');
const NAMES = ['Gamma', 'Beta', 'Alpha', 'Delta', 'Epsilon', 'Zeta'];

describe('ClusterList', () => {
  let host: ReactWidget;
  let states: Record<string, State>;
  const commands = new CommandRegistry();
  Object.values(CommandIDs).forEach(id =>
    commands.addCommand(id, { label: id, execute: () => undefined })
  );

  const list = (clusters: Cluster[], seen = true) => (
    <ClusterList
      store={
        {
          status: 'connected',
          profiles: null,
          clusters
        } as unknown as IClusterStore
      }
      recent={{ of: () => [] } as unknown as RecentSamples}
      seen={seen}
      commands={commands}
      trans={trans}
    />
  );
  class Host extends ReactWidget {
    protected render(): JSX.Element {
      return list(
        NAMES.map(name =>
          makeCluster({ id: name, name, state: states[name] ?? 'running' })
        )
      );
    }
  }

  beforeEach(() => {
    (globalThis as any).IS_REACT_ACT_ENVIRONMENT = true;
    states = {};
    host = new Host();
    React.act(() => {
      Widget.attach(host, document.body);
      MessageLoop.flush();
    });
  });

  afterEach(() => {
    jest.useRealTimers();
    React.act(() => host.dispose());
  });

  const shown = () =>
    Array.from(host.node.querySelectorAll('li[data-cluster]')).map(
      node => (node as HTMLElement).dataset.cluster
    );
  const become = (state: State, ...names: string[]) => {
    states = Object.fromEntries(names.map(name => [name, state]));
    React.act(() => {
      host.update();
      MessageLoop.flush();
    });
  };
  const order = (value: string) => {
    const select = host.node.querySelector('select')!;
    React.act(() => {
      select.value = value;
      select.dispatchEvent(new Event('change', { bubbles: true }));
    });
  };
  const tell = (type: string) =>
    React.act(() => {
      host.node
        .querySelector('ul')!
        .dispatchEvent(new MouseEvent(type, { bubbles: true }));
    });

  it('is sorted and filtered', () => {
    expect(shown()).toEqual(NAMES);
    order('name');
    expect(shown()).toEqual([...NAMES].sort());
    order('state');
    become('failed', 'Delta');
    expect(shown()[0]).toBe('Delta');
    typeInto(host.node.querySelector('input')!, 'eta');
    expect(shown()).toEqual(['Beta', 'Zeta']);
    // A state is found by the words that are shown.
    become('closing', 'Gamma');
    typeInto(host.node.querySelector('input')!, 'shutting');
    expect(shown()).toEqual(['Gamma']);
  });

  it('does not move while it is used', () => {
    order('state');
    tell('pointerover');
    become('failed', 'Delta');
    expect(shown()).toEqual(NAMES);
    tell('pointerout');
    expect(shown()[0]).toBe('Delta');

    React.act(() => host.node.querySelector('li')!.focus());
    become('failed', 'Zeta');
    expect(shown()[0]).toBe('Delta');
    React.act(() => (document.activeElement as HTMLElement).blur());
    expect(shown()[0]).toBe('Zeta');
  });

  it('draws on a tick of the clock what tells the time, and nothing else', () => {
    jest.useFakeTimers();
    React.act(() => host.dispose());
    const cluster = makeCluster({ created: Date.now() / 1000 });
    const label = jest.spyOn(commands, 'label');
    const panel = ReactWidget.create(list([cluster]));
    React.act(() => {
      Widget.attach(panel, document.body);
      MessageLoop.flush();
    });
    expect(panel.node.textContent).toContain('0 min');
    expect(label).toHaveBeenCalled();
    label.mockClear();
    React.act(() => jest.advanceTimersByTime(185_000));
    expect(panel.node.textContent).toContain('3 min');
    expect(label).not.toHaveBeenCalled();
    panel.dispose();
  });
});
