import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { Poller } from '../poller';
import { problemOf, sentenceOf } from '../request';
import type { Cluster, ConnectionStatus, IClusterStore } from '../tokens';

/** Something about a cluster that the server is asked for while it is shown, and soon after the cluster has changed. */
export abstract class PolledModel implements IDisposable {
  constructor(
    protected store: IClusterStore,
    readonly clusterId: string,
    protected trans: TranslationBundle
  ) {
    this._cluster = store.get(clusterId);
    this._status = store.status;
    store.changed.connect(this._follow, this);
  }

  /** Why the last question failed. */
  problem = '';

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

  /** Whether somebody sees it. */
  set shown(shown: boolean) {
    this._shown = shown;
    this._poller.active = shown && this.live;
  }

  /** Ask at once. */
  async refresh(): Promise<void> {
    if (this.live) {
      await this._poller.now();
    }
  }

  dispose(): void {
    this._poller.dispose();
    this.store.changed.disconnect(this._follow, this);
    Signal.clearData(this);
  }

  /** Ask the server; the answer is taken over by what is returned, unless it is late. */
  protected abstract load(): Promise<() => void>;

  protected emit(): void {
    this._changed.emit();
  }

  private async _load(): Promise<void> {
    const turn = ++this._turn;
    let take = () => {};
    let problem = '';
    try {
      take = await this.load();
    } catch (error) {
      problem = sentenceOf(problemOf(error, this.trans));
    }
    // The answer may be late: it may have been asked again.
    if (turn === this._turn && !this.isDisposed) {
      take();
      this.problem = problem;
      this.emit();
    }
  }

  private _follow(): void {
    const cluster = this.store.get(this.clusterId);
    const { status } = this.store;
    if (cluster !== this._cluster || status !== this._status) {
      this._cluster = cluster;
      this._status = status;
      this._poller.active = this._shown && this.live;
      this._poller.poke();
      this.emit();
    }
  }

  private _cluster: Cluster | undefined;
  private _status: ConnectionStatus;
  private _shown = false;
  private _turn = 0;
  private _poller = new Poller(() => this._load());
  private _changed = new Signal<this, void>(this);
}
