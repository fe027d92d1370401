import { URLExt } from '@jupyterlab/coreutils';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import type { ClusterAPI } from './api';
import { API_PATH } from './request';
import type {
  Cluster,
  ConnectionStatus,
  IClusterStore,
  Profiles,
  Removed,
  StreamMessage
} from './tokens';

/** The wait before the first new attempt, doubled by each that fails, in ms. */
const FIRST_DELAY = 500;
const LONGEST_DELAY = 8_000;

/** How long a new connection may take to bring the clusters, in ms. */
const PATIENCE = 10_000;

/** How long a connection may be silent, in ms: the server says something every 4 s. */
const SILENCE = 8_000;

/** Mirrors the clusters of the server over its WebSocket. */
export class ClusterStore implements IClusterStore, IDisposable {
  constructor(private _api: ClusterAPI) {
    window.addEventListener('online', this._wake);
    window.addEventListener('offline', this._lose);
    document.addEventListener('visibilitychange', this._wake);
    this._connect();
  }

  get status(): ConnectionStatus {
    return this._status;
  }

  get clusters(): ReadonlyArray<Cluster> {
    return [...this._clusters.values()];
  }

  get profiles(): Profiles | null {
    return this._profiles;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get removed(): ISignal<this, Removed> {
    return this._removed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  get(id: string): Cluster | undefined {
    return this._clusters.get(id);
  }

  reconnect(): void {
    if (this._status !== 'connected' && !this._socket) {
      this._connect();
    }
  }

  async loadProfiles(): Promise<Profiles> {
    this._profiles = await this._api.profiles();
    this._changed.emit();
    return this._profiles;
  }

  dispose(): void {
    this._isDisposed = true;
    window.removeEventListener('online', this._wake);
    window.removeEventListener('offline', this._lose);
    document.removeEventListener('visibilitychange', this._wake);
    this._hangUp();
    Signal.clearData(this);
  }

  private _connect(): void {
    const { wsUrl, appendToken, token, WebSocket } = this._api.settings;
    let url = URLExt.join(wsUrl, API_PATH, 'stream');
    if (appendToken && token !== '') {
      url += `?token=${encodeURIComponent(token)}`;
    }
    this._hangUp();
    this._socket = new WebSocket(url);
    this._socket.onmessage = event => this._receive(JSON.parse(event.data));
    this._socket.onclose = this._lose;
    this._timer = setTimeout(this._lose, PATIENCE);
  }

  private _receive(message: StreamMessage): void {
    clearTimeout(this._timer);
    this._timer = setTimeout(this._lose, SILENCE);
    switch (message.type) {
      case 'clusters':
        // The whole truth: it also tells what happened while disconnected.
        this._failures = 0;
        this._status = 'connected';
        for (const { id, name } of this._update(message.clusters)) {
          this._removed.emit({ type: 'removed', id, name, reason: null });
        }
        if (this._profiles) {
          // A server that was started again may have another configuration.
          void this.loadProfiles().catch(reason => console.warn(reason));
        }
        break;
      case 'cluster':
        this._clusters.set(message.cluster.id, message.cluster);
        break;
      case 'alive':
        return;
      case 'removed':
        this._clusters.delete(message.id);
        this._removed.emit(message);
        break;
    }
    this._changed.emit();
  }

  /** Take over all clusters; those that are no longer there. */
  private _update(clusters: ReadonlyArray<Cluster>): Cluster[] {
    const before = this.clusters;
    this._clusters = new Map(clusters.map(c => [c.id, c]));
    return before.filter(({ id }) => !this._clusters.has(id));
  }

  /** Give the connection up, and plan the next. */
  private _lose = (): void => {
    this._hangUp();
    this._status = 'disconnected';
    const delay = Math.min(FIRST_DELAY * 2 ** this._failures, LONGEST_DELAY);
    this._failures += 1;
    this._timer = setTimeout(() => this._connect(), delay);
    this._changed.emit();
  };

  /** Do not make the user wait who has just come back. */
  private _wake = (): void => {
    if (!document.hidden) {
      this.reconnect();
    }
  };

  private _hangUp(): void {
    clearTimeout(this._timer);
    if (this._socket) {
      this._socket.onmessage = null;
      this._socket.onclose = null;
      this._socket.close();
      this._socket = null;
    }
  }

  private _status: ConnectionStatus = 'connecting';
  private _clusters = new Map<string, Cluster>();
  private _profiles: Profiles | null = null;
  private _socket: WebSocket | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _failures = 0;
  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
  private _removed = new Signal<this, Removed>(this);
}
