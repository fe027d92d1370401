import { execFileSync } from 'child_process';
import { renameSync, rmSync, writeFileSync } from 'fs';
import { join } from 'path';

/** The batch systems that `run` has started. */
export const BEDS = (process.env.CASA_LABEXT_BEDS ?? '').split(' ');

/** The jobs in the queue of a batch system. */
export function queue(bed: string): string[] {
  const [command, ...args] =
    bed === 'htcondor'
      ? ['condor_q', '-allusers', '-autoformat:j', 'JobStatus']
      : ['squeue', '--noheader', '--format=%i'];
  return execFileSync(command, args).toString().split('\n').filter(Boolean);
}

/** Run a command of a batch system. */
export function run(command: string, ...args: string[]): string {
  return execFileSync(command, args).toString();
}

/** Add to the configuration of the HTCondor pool; undone by what is returned. */
export function configure(text: string): () => void {
  const folder = run('condor_config_val', 'LOCAL_CONFIG_DIR').trim();
  const file = join(folder, 'test');
  writeFileSync(file, text);
  run('condor_reconfig');
  return () => {
    rmSync(file);
    run('condor_reconfig');
  };
}

/** Take a command of HTCondor away; undone by what is returned. */
export function remove(command: string): () => void {
  const path = run('which', command).trim();
  renameSync(path, `${path}.away`);
  return () => renameSync(`${path}.away`, path);
}
