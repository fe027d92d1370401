import { Dialog } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import * as React from 'react';

import { choosePlot } from '../dashboards/choose';
import type { IPlot } from '../dashboards/plots';
import { showConnection } from '../kernels/connection';
import type { KernelLink } from '../kernels/link';
import { makeCluster, typeInto } from './testing';

const trans = nullTranslator.load('casa_labext');
const GRAPH = { plot: 'individual-graph', title: 'Graph' };
const MEMORY = { plot: 'individual-memory', title: 'Memory' };
const GROUPS = [
  { label: 'Tasks', plots: [GRAPH] },
  { label: 'Workers', plots: [MEMORY] }
];

describe('Enter in a dialog', () => {
  /** What JupyterLab's own dialogs do with it, which differs by version. */
  const taken = jest.spyOn(Dialog.prototype as any, '_evtKeydown');

  beforeEach(() => {
    (globalThis as any).IS_REACT_ACT_ENVIRONMENT = true;
    taken.mockClear();
  });

  const draw = () =>
    React.act(async () => {
      await Promise.resolve();
      MessageLoop.flush();
    });
  const find = (selector: string) =>
    document.querySelector<HTMLElement>(`.jp-Dialog ${selector}`)!;
  const press = (node: Element, key = 'Enter') =>
    React.act(async () => {
      node.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    });

  describe('that chooses a plot', () => {
    let chosen: Promise<IPlot | null>;

    beforeEach(async () => {
      chosen = choosePlot('Physics', GROUPS, trans);
      await draw();
    });

    it('belongs to the button of a plot', async () => {
      await press(find('.casa-Plots-plot'));
      expect(taken).not.toHaveBeenCalled();
      React.act(() => find('.casa-Plots-plot').click());
      expect(await chosen).toBe(GRAPH);
    });

    it('opens the first that matches', async () => {
      const search = find('input') as HTMLInputElement;
      typeInto(search, 'none');
      await press(search);
      expect(find('[role="status"]')).not.toBeNull();
      typeInto(search, 'mem');
      await press(search);
      expect(await chosen).toBe(MEMORY);
    });
  });

  it('belongs to the button of a connection', async () => {
    const link = {
      name: 'Physics',
      state: 'failed',
      problem: 'No route',
      log: '',
      cluster: makeCluster(),
      changed: new Signal<any, void>({})
    };
    const done = showConnection(link as unknown as KernelLink, trans);
    await draw();
    await press(find('.casa-Connection button'));
    expect(taken).not.toHaveBeenCalled();
    await press(find('.casa-Connection'), 'Escape');
    await done;
  });
});
