import { ReactWidget } from '@jupyterlab/ui-components';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import * as React from 'react';
import type uPlot from 'uplot';

const made: uPlot[] = [];

// A browser that draws nothing.
jest.mock('uplot', () => {
  (window as any).matchMedia = () => new EventTarget();
  (window as any).Path2D = class {
    constructor() {
      return context;
    }
  };
  const context: any = new Proxy(() => context, {
    get: (_, name) => (name === 'width' ? 1 : context),
    set: () => true
  });
  HTMLCanvasElement.prototype.getContext = () => context;
  const Real = jest.requireActual('uplot');
  return Object.assign(function (...args: any[]) {
    const plot = new Real(...args);
    made.push(plot);
    return plot;
  }, Real);
});

import { Plot } from '../details/plot';

it('a plot follows what comes, unless somebody has zoomed in', async () => {
  (globalThis as any).IS_REACT_ACT_ENVIRONMENT = true;
  (window as any).ResizeObserver = class {
    observe() {}
    disconnect() {}
  };
  let times = [1000];
  class Host extends ReactWidget {
    protected render(): JSX.Element {
      const series = [{ label: 'running', values: times, color: '--c' }];
      return (
        <Plot
          title="Workers"
          times={times}
          series={series}
          format={String}
          sync="a"
        />
      );
    }
  }
  const host = new Host();
  const draw = () =>
    React.act(async () => {
      host.update();
      MessageLoop.flush();
    });
  React.act(() => Widget.attach(host, document.body));
  await draw();
  const [plot] = made;
  const scale = () => [plot.scales.x.min, plot.scales.x.max];
  expect(scale()).toEqual([1000, 1010]);
  times = [...times, 1010];
  await draw();
  expect(scale()).toEqual([1000, 1010]);
  times = [...times, 1020];
  await draw();
  expect(scale()).toEqual([1000, 1020]);
  plot.setScale('x', { min: 1005, max: 1015 });
  await draw();
  times = [...times, 1030];
  await draw();
  expect(scale()).toEqual([1005, 1015]);
  expect(plot.data[0]).toBe(times);
  React.act(() => host.dispose());
});
