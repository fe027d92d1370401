import { nullTranslator } from '@jupyterlab/translation';

import { confirmShutdown } from '../ask';
import { makeCluster } from './testing';

const trans = nullTranslator.load('casa_labext');

const text = () => document.querySelector('.jp-Dialog-body')?.textContent;

/** Ask, and answer with one of the two buttons; what the question said. */
async function answer(tasks: any, word: 'reject' | 'accept') {
  const done = confirmShutdown(makeCluster({ tasks }), trans);
  await new Promise(resolve => setTimeout(resolve));
  const said = text();
  document.querySelector<HTMLElement>(`.jp-Dialog .jp-mod-${word}`)?.click();
  return { said, sure: await done };
}

describe('confirmShutdown', () => {
  it('does not ask when nothing is lost', async () => {
    const tasks = { processing: 0, waiting: 0, erred: 5 };
    expect(await confirmShutdown(makeCluster({ tasks }), trans)).toBe(true);
    expect(text()).toBeUndefined();
  });

  it('says how many tasks are lost', async () => {
    const processing = { processing: 1, waiting: 0, erred: 0 };
    expect(await answer(processing, 'accept')).toEqual({
      said: '1 task is being processed and will be lost.',
      sure: true
    });
    const both = { processing: 4, waiting: 1, erred: 0 };
    expect((await answer(both, 'reject')).said).toBe(
      '4 tasks are being processed and will be lost. 1 task is waiting and will be lost.'
    );
  });

  it('asks about tasks that only wait', async () => {
    const waiting = { processing: 0, waiting: 10_000, erred: 0 };
    expect(await answer(waiting, 'reject')).toEqual({
      said: '10000 tasks are waiting and will be lost.',
      sure: false
    });
  });
});
