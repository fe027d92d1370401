import { expect, test } from '@jupyterlab/galata';

import { BEDS, configure, queue, remove, run } from './beds';
import {
  card,
  closeAll,
  expectWorkers,
  openPanel,
  startCluster
} from './helpers';

interface IFault {
  name: string;
  bed: 'htcondor' | 'slurm';
  profile: string;

  /** Before the cluster is made, and when it runs; what they return undoes it. */
  before?: () => () => void;
  running?: () => (() => void) | string;

  /** What the card must say. */
  words: RegExp;
}

const RULE = `SUBMIT_REQUIREMENT_NAMES = Accounted
SUBMIT_REQUIREMENT_Accounted = AcctGroup =!= undefined
SUBMIT_REQUIREMENT_Accounted_REASON = "name an accounting group"
`;

const FAULTS: IFault[] = [
  {
    name: 'a submission that a rule of the site refuses',
    bed: 'htcondor',
    profile: 'HTCondor',
    before: () => configure(RULE),
    words: /1 failed: condor_submit: .*name an accounting group/
  },
  {
    name: 'a partition that does not exist',
    bed: 'slurm',
    profile: 'No partition',
    words: /1 failed: sbatch: .*Invalid partition name specified/
  },
  {
    name: 'a request that no machine can meet',
    bed: 'htcondor',
    profile: 'Huge',
    words: /1 queued: 0 of 1 machines meet TARGET.Cpus >= RequestCpus/
  },
  {
    name: "workers' Python that does not exist",
    bed: 'htcondor',
    profile: 'No Python',
    words: /Exit code 127/
  },
  {
    name: 'the end of the walltime',
    bed: 'htcondor',
    profile: 'Short',
    words: /The job exceeded allowed job duration of 00:05/
  },
  {
    name: 'a vacated job',
    bed: 'htcondor',
    profile: 'HTCondor',
    running: () => {
      const undo = configure('START = False\n');
      run('condor_vacate_job', '-all');
      return undo;
    },
    words: /1 queued: Vacated \(code 1005\)/
  },
  {
    name: 'a requeued job',
    bed: 'slurm',
    profile: 'Slurm',
    running: () => run('scontrol', 'requeue', ...queue('slurm')),
    words: /1 queued: BeginTime/
  },
  {
    name: 'a job that somebody removes from HTCondor',
    bed: 'htcondor',
    profile: 'HTCondor',
    running: () => run('condor_rm', '-all'),
    words: /via condor_rm \(by user/
  },
  {
    name: 'a job that somebody cancels in Slurm',
    bed: 'slurm',
    profile: 'Slurm',
    running: () => run('scancel', ...queue('slurm')),
    words: /CANCELLED/
  },
  {
    name: 'a schedd that is down',
    bed: 'htcondor',
    profile: 'HTCondor',
    running: () => {
      run('condor_off', '-fast', '-schedd');
      return () => void run('condor_on', '-schedd');
    },
    words: /condor_q: .*Can't find address/
  },
  {
    name: 'condor_submit that is missing',
    bed: 'htcondor',
    profile: 'Short',
    running: () => remove('condor_submit'),
    words: /condor_submit is not on PATH/
  }
];

test.afterEach(({ page }) => closeAll(page));

for (const fault of FAULTS) {
  test(`the card tells of ${fault.name}`, async ({ page }) => {
    test.skip(!BEDS.includes(fault.bed), `There is no ${fault.bed} here.`);
    const undo = [fault.before?.()];
    try {
      const panel = await openPanel(page);
      const mine = await startCluster(page, panel, 'Mine', 1, fault.profile);
      if (fault.running) {
        await expectWorkers(mine, 1);
        const answer = fault.running();
        undo.push(typeof answer === 'string' ? undefined : answer);
      }
      await expect(mine.locator('.casa-Card-reason')).toHaveText(fault.words, {
        timeout: 20_000
      });
      await page.screenshot({
        path: `shots/fault-${fault.name.replace(/\W+/g, '-')}.png`
      });
      undo.splice(0).forEach(mend => mend?.());
      await mine.getByRole('button', { name: 'Shut down' }).click();
      await expect(card(panel, 'Mine')).toHaveCount(0, { timeout: 40_000 });
      expect(queue(fault.bed)).toEqual([]);
    } finally {
      undo.forEach(mend => mend?.());
    }
  });
}
