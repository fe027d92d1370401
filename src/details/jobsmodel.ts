import type { TranslationBundle } from '@jupyterlab/translation';

import type { ClusterAPI } from '../api';
import { keyOf } from './joblist';
import { PolledModel } from './polledmodel';
import { problemOf, sentenceOf } from '../request';
import type { IClusterStore, Job, JobAction } from '../tokens';

/** The jobs of a cluster, kept up to date while they are shown. */
export class JobsModel extends PolledModel {
  constructor(
    private _api: ClusterAPI,
    store: IClusterStore,
    clusterId: string,
    trans: TranslationBundle
  ) {
    super(store, clusterId, trans);
  }

  /** What the server said last; null before the first answer. */
  jobs: ReadonlyArray<Job> | null = null;

  /** Why the last action was refused. */
  refusal = '';

  /** The keys of the jobs that something is being done with. */
  busy: ReadonlySet<string> = new Set();

  /** Cancel, release or retry a job. */
  async act(job: Job, action: JobAction): Promise<void> {
    const key = keyOf(job);
    this.refusal = '';
    this._setBusy(key, true);
    try {
      await this._api.act(this.clusterId, key, action);
    } catch (error) {
      this.refusal = sentenceOf(problemOf(error, this.trans));
    }
    this._setBusy(key, false);
    await this.refresh();
  }

  protected async load(): Promise<() => void> {
    const jobs = await this._api.jobs(this.clusterId);
    return () => (this.jobs = jobs);
  }

  private _setBusy(key: string, busy: boolean): void {
    const keys = new Set(this.busy);
    if (busy) {
      keys.add(key);
    } else {
      keys.delete(key);
    }
    this.busy = keys;
    this.emit();
  }
}
