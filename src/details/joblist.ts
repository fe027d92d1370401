import { comparison, ISort } from './table';
import type { Job, JobState } from '../tokens';

/** What a job goes by: the batch system's id, or its worker where there is none. */
export function keyOf(job: Job): string {
  return job.id ?? job.worker;
}

/** The states of jobs, those to look at first. */
export const JOB_STATES: ReadonlyArray<JobState> = [
  'failed',
  'held',
  'queued',
  'starting',
  'running',
  'completing',
  'gone'
];

/** What jobs can be sorted by. */
export type SortKey = Exclude<keyof Job, 'workers' | 'actions'>;

/** As the server sends them. */
export const NEWEST_FIRST: ISort<SortKey> = {
  key: 'submitted',
  descending: true
};

export interface IJobFilter {
  /** The states to show; none means all. */
  states: ReadonlySet<JobState>;

  /** A part of an id, a worker, a reason or a host. */
  text: string;
}

export const NO_FILTER: IJobFilter = { states: new Set(), text: '' };

/** How many jobs are in each state. */
export function countStates(jobs: ReadonlyArray<Job>): Map<JobState, number> {
  const counts = new Map<JobState, number>();
  for (const { state } of jobs) {
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}

/** The jobs that pass the filter, sorted. */
export function selectJobs(
  jobs: ReadonlyArray<Job>,
  filter: IJobFilter,
  sort: ISort<SortKey>
): Job[] {
  const text = filter.text.trim().toLowerCase();
  const chosen = jobs.filter(
    job =>
      (filter.states.size === 0 || filter.states.has(job.state)) &&
      (text === '' ||
        [job.id, job.worker, job.reason, job.host].some(part =>
          part?.toLowerCase().includes(text)
        ))
  );
  if (sort.key === 'submitted') {
    // Refused jobs have no time, but their place in the server's order.
    return sort.descending ? chosen : chosen.reverse();
  }
  return chosen.sort(comparison(job => rank(job, sort.key), sort.descending));
}

function rank(job: Job, key: SortKey): string | number | null {
  return key === 'state' ? JOB_STATES.indexOf(job.state) : job[key];
}
