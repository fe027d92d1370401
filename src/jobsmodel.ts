import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import type { ClusterAPI } from './api';
import { keyOf } from './joblist';
import { Poller } from './poller';
import { problemOf, sentenceOf } from './request';
import type {
  Cluster,
  ConnectionStatus,
  IClusterStore,
  Job,
  JobAction
} from './tokens';

/** The jobs of a cluster, kept up to date while they are shown. */
export class JobsModel implements IDisposable {
  constructor(
    private _api: ClusterAPI,
    private _store: IClusterStore,
    readonly clusterId: string,
    private _trans: TranslationBundle
  ) {
    this._cluster = _store.get(clusterId);
    this._status = _store.status;
    _store.changed.connect(this._follow, this);
  }

  /** What the server said last; null before the first answer. */
  jobs: ReadonlyArray<Job> | null = null;

  /** Why the last question for the jobs failed. */
  problem = '';

  /** Why the last action was refused. */
  refusal = '';

  /** The keys of the jobs that something is being done with. */
  busy: ReadonlySet<string> = new Set();

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._poller.isDisposed;
  }

  get cluster(): Cluster | undefined {
    return this._cluster;
  }

  /** Whether there is no such cluster any more. */
  get gone(): boolean {
    return this._status === 'connected' && this._cluster === undefined;
  }

  /** Whether there is somebody to ask. */
  get live(): boolean {
    return this._status === 'connected' && this._cluster !== undefined;
  }

  /** Whether somebody sees them. */
  set shown(shown: boolean) {
    this._shown = shown;
    this._poller.active = shown && this.live;
  }

  /** Ask for the jobs at once. */
  async refresh(): Promise<void> {
    if (this.live) {
      await this._poller.now();
    }
  }

  /** Cancel, release or retry a job. */
  async act(job: Job, action: JobAction): Promise<void> {
    const key = keyOf(job);
    this.refusal = '';
    this._setBusy(key, true);
    try {
      await this._api.act(this.clusterId, key, action);
    } catch (error) {
      this.refusal = sentenceOf(problemOf(error, this._trans));
    }
    this._setBusy(key, false);
    await this.refresh();
  }

  dispose(): void {
    this._poller.dispose();
    this._store.changed.disconnect(this._follow, this);
    Signal.clearData(this);
  }

  private _setBusy(key: string, busy: boolean): void {
    const keys = new Set(this.busy);
    if (busy) {
      keys.add(key);
    } else {
      keys.delete(key);
    }
    this.busy = keys;
    this._changed.emit();
  }

  private async _load(): Promise<void> {
    const turn = ++this._turn;
    let jobs = this.jobs;
    let problem = '';
    try {
      jobs = await this._api.jobs(this.clusterId);
    } catch (error) {
      problem = sentenceOf(problemOf(error, this._trans));
    }
    // The answer may be late: it may have been asked again.
    if (turn === this._turn && !this.isDisposed) {
      this.jobs = jobs;
      this.problem = problem;
      this._changed.emit();
    }
  }

  private _follow(): void {
    const cluster = this._store.get(this.clusterId);
    const { status } = this._store;
    if (cluster !== this._cluster || status !== this._status) {
      this._cluster = cluster;
      this._status = status;
      this._poller.active = this._shown && this.live;
      this._poller.poke();
      this._changed.emit();
    }
  }

  private _cluster: Cluster | undefined;
  private _status: ConnectionStatus;
  private _shown = false;
  private _turn = 0;
  private _poller = new Poller(() => this._load());
  private _changed = new Signal<this, void>(this);
}
