import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { act } from 'react';

import { ClusterAPI } from '../api';
import { openNewCluster } from '../launch/newcluster';
import type { IClusterStore, Profiles } from '../tokens';
import { makeProfile, makeSettings } from './testing';

const trans = nullTranslator.load('casa_labext');
const slurm = makeProfile({ name: 'slurm', title: 'Slurm' });
const known = { profiles: [makeProfile(), slurm], problems: [] };
const down = { ...slurm, unavailable: 'no slurmctld' };
const latest = { profiles: [makeProfile(), down], problems: [] };

describe('the form of a new cluster', () => {
  const draw = () =>
    act(async () => {
      await new Promise(resolve => setTimeout(resolve));
      MessageLoop.flush();
    });
  const radios = () =>
    Array.from(
      document.querySelectorAll<HTMLInputElement>(
        '.casa-NewCluster-profiles input'
      ),
      radio => radio.disabled
    );

  let answer: (profiles: Profiles) => void;
  let closed: Promise<void>;

  const open = async (profiles: Profiles | null, profile?: string) => {
    const loadProfiles = () =>
      new Promise<Profiles>(resolve => (answer = resolve));
    const store = { profiles, loadProfiles } as unknown as IClusterStore;
    const api = new ClusterAPI(makeSettings(() => Response.json([])));
    closed = openNewCluster(api, store, trans, profile);
    await draw();
  };

  beforeEach(() => {
    (globalThis as any).IS_REACT_ACT_ENVIRONMENT = true;
  });

  afterEach(async () => {
    document.querySelector<HTMLElement>('.jp-Dialog .jp-mod-reject')!.click();
    await closed;
  });

  it('waits for no system, and learns what can be launched now', async () => {
    await open(known);
    expect(radios()).toEqual([false, false]);
    answer(latest);
    await draw();
    expect(radios()).toEqual([false, true]);
    expect(document.body.textContent).toContain('no slurmctld');
  });

  it('waits if nothing is known of what it is to begin with', async () => {
    await open(latest, 'slurm');
    expect(radios()).toEqual([]);
    answer(known);
    await draw();
    expect(
      document.querySelector('.casa-NewCluster-profiles label:has(:checked)')
        ?.textContent
    ).toContain('Slurm');
  });
});
