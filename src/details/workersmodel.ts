import type { TranslationBundle } from '@jupyterlab/translation';

import type { ClusterAPI, WorkerAction } from '../api';
import { PolledModel } from './polledmodel';
import { problemOf, sentenceOf } from '../request';
import type { IClusterStore, Worker } from '../tokens';

/** The connected workers, kept up to date while they are shown. */
export class WorkersModel extends PolledModel {
  constructor(
    private _api: ClusterAPI,
    store: IClusterStore,
    clusterId: string,
    trans: TranslationBundle
  ) {
    super(store, clusterId, trans);
  }

  /** What the server said last; null before the first answer. */
  workers: ReadonlyArray<Worker> | null = null;

  /** Why the last action was refused. */
  refusal = '';

  /** The addresses of the workers that something is being done with. */
  busy: ReadonlySet<string> = new Set();

  /** Restart or retire a worker. */
  async act(address: string, action: WorkerAction): Promise<void> {
    this.refusal = '';
    this.busy = new Set([...this.busy, address]);
    this.emit();
    try {
      await this._api.actOnWorker(this.clusterId, address, action);
    } catch (error) {
      this.refusal = sentenceOf(problemOf(error, this.trans));
    }
    this.busy = new Set([...this.busy].filter(other => other !== address));
    this.emit();
    await this.refresh();
  }

  protected async load(): Promise<() => void> {
    const running = ['running', 'degraded'].includes(this.cluster!.state);
    const workers = running ? await this._api.workers(this.clusterId) : [];
    return () => (this.workers = workers);
  }
}
