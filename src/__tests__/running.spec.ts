import type { IRunningSessions } from '@jupyterlab/running';
import { Signal } from '@lumino/signaling';

import { running } from '../places/running';
import { makeCluster } from './testing';

it('what runs has its state in words', () => {
  const store = {
    clusters: [makeCluster({ state: 'close_failed' })],
    changed: new Signal<any, void>({})
  };
  let manager: IRunningSessions.IManager | undefined;
  const managers = { add: (added: typeof manager) => (manager = added) };
  void running.activate({} as any, store, managers, null);
  const [item] = manager!.running({ mode: 'list' });
  expect(item.labelTitle?.()).toBe('Physics: shutdown failed');
});
