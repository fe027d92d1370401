import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

import { Logs } from '../details/logs';
import type { Log } from '../tokens';

const trans = nullTranslator.load('casa_labext');
const SOURCES = { host: 'Host', scheduler: 'Scheduler', workers: 'Workers' };

describe('the logs of a cluster', () => {
  let logs: Logs;
  const load = jest.fn<Promise<Log[]>, [string]>();

  beforeEach(async () => {
    (globalThis as any).IS_REACT_ACT_ENVIRONMENT = true;
    jest.useFakeTimers();
    load.mockReset();
    load.mockImplementation(async name => [{ name, text: `of ${name}` }]);
    logs = new Logs(load, SOURCES, 'Physics', trans);
    React.act(() => Widget.attach(logs, document.body));
    await pass();
  });

  afterEach(() => {
    React.act(() => logs.dispose());
    jest.useRealTimers();
  });

  const pass = (time = 0) =>
    React.act(async () => {
      MessageLoop.flush();
      await jest.advanceTimersByTimeAsync(time);
    });
  const choose = async (source: string) => {
    const select = logs.node.querySelector('select')!;
    select.value = source;
    React.act(() => {
      select.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await pass();
  };

  it('are followed, but not those of all workers', async () => {
    await pass(20_000);
    expect(load).toHaveBeenCalledTimes(3);
    await choose('workers');
    expect(logs.node.textContent).toContain('of workers');
    await pass(60_000);
    expect(load).toHaveBeenCalledTimes(4);
    await choose('scheduler');
    expect(logs.node.textContent).toContain('of scheduler');
    await pass(10_000);
    expect(load.mock.calls.slice(3)).toEqual([
      ['workers'],
      ['scheduler'],
      ['scheduler']
    ]);
  });

  it('stay when there are no newer ones', async () => {
    load.mockRejectedValueOnce(new Error('No answer'));
    await pass(10_000);
    expect(logs.node.textContent).toContain('No answer');
    expect(logs.node.textContent).toContain('of host');
    await pass(10_000);
    expect(logs.node.textContent).not.toContain('No answer');
  });
});
