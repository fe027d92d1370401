import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { problemOf } from '../request';
import type { Cluster, IClusterStore } from '../tokens';
import { languageOf, run } from './connect';

/** Which schedulers a kernel's clients are connected to; imports nothing. */
const QUESTION = `__import__("json").dumps([
  client.scheduler.address
  for client in list(getattr(__import__("sys").modules.get("distributed.client"), "_global_clients", {}).values())
  if client.status in ("running", "connecting") and client.scheduler
])`;

/** Close the clients of a scheduler, or a slice of them: they are in the order in which they were made. */
const closeCode = (address: string, slice = '') => `
def _casa_close():
    from distributed.client import _global_clients
    clients = [c for c in _global_clients.values() if c.scheduler and c.scheduler.address == ${JSON.stringify(address)}]
    for client in clients${slice}:
        client.close()
_casa_close()
del _casa_close`;

export type LinkState =
  /** The kernel is in another language, or there is none. */
  | 'none'
  | 'disconnected'
  /** It will connect when the kernel has run what it runs now. */
  | 'waiting'
  | 'connecting'
  | 'connected'
  /** It was connected before its kernel was started again. */
  | 'restarted'
  /** The cluster that it was connected to has gone. */
  | 'gone'
  | 'failed';

/** How one kernel is connected to a cluster: found by asking the kernel when it has done something. */
export class KernelLink implements IDisposable {
  constructor(
    private _session: ISessionContext,
    private _store: IClusterStore,
    private _trans: TranslationBundle
  ) {
    _session.kernelChanged.connect(this._restart, this);
    _session.statusChanged.connect(this._onStatus, this);
    _session.iopubMessage.connect(this._onMessage, this);
    _store.changed.connect(this._follow, this);
    void _session.ready.then(() => this._ask());
  }

  /** Emitted when anything below has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  get state(): LinkState {
    return this._state;
  }

  /** The cluster it is connected to, or was last. */
  get cluster(): Cluster | undefined {
    return this._store.get(this._id);
  }

  /** The name of that cluster, even after it has gone. */
  get name(): string {
    return this.cluster?.name ?? this._name;
  }

  /** Why it could not be connected. */
  get problem(): string {
    return this._problem;
  }

  /** When it began to connect, in seconds since the epoch. */
  get since(): number {
    return this._since;
  }

  /** What was printed by the code that connects it. */
  get log(): string {
    return this._log;
  }

  /** Connect the kernel; its variable is `client`. */
  async connect(cluster: Cluster): Promise<void> {
    const { kernel } = this;
    const { connection } = cluster;
    if (kernel && connection) {
      this._remember(cluster);
      this._log = '';
      await this._do('waiting', async current => {
        await run(connection.snippet, kernel, this._trans, message => {
          if (current()) {
            this._hear(message);
          }
        });
        if (current()) {
          // At once: the question may wait for other cells.
          this._set('connected');
        }
      });
    }
  }

  /** Give up what `connect` began. */
  async cancel(): Promise<void> {
    if (this._state === 'waiting') {
      // An interrupt would hit what the user runs, and no request can be taken back: one more closes the client that it makes.
      await this._close('disconnected', '[-1:]');
    } else {
      await this.kernel?.interrupt();
    }
  }

  /** Close the kernel's clients of its cluster. */
  async disconnect(): Promise<void> {
    await this._close('connected');
  }

  dispose(): void {
    this._isDisposed = true;
    this._session.kernelChanged.disconnect(this._restart, this);
    this._session.statusChanged.disconnect(this._onStatus, this);
    this._session.iopubMessage.disconnect(this._onMessage, this);
    this._store.changed.disconnect(this._follow, this);
    Signal.clearData(this);
  }

  private get kernel(): Kernel.IKernelConnection | null {
    return this._session.session?.kernel ?? null;
  }

  private async _close(state: LinkState, slice?: string): Promise<void> {
    const { kernel } = this;
    if (kernel && this._address) {
      const code = closeCode(this._address, slice);
      await this._do(state, () => run(code, kernel, this._trans));
      if (this._state === 'disconnected') {
        // A restart need not offer it again.
        this._id = '';
      }
    }
  }

  /** Do something in the kernel, and ask it what has become of that, unless another thing was begun meanwhile. */
  private async _do(
    state: LinkState,
    what: (current: () => boolean) => Promise<void>
  ): Promise<void> {
    const turn = ++this._turn;
    const current = () => turn === this._turn;
    this._problem = '';
    this._set(state);
    try {
      await what(current);
      if (current()) {
        await this._ask();
      }
    } catch (error) {
      if (current()) {
        this._problem = problemOf(error, this._trans).message;
        // Clients that could not be closed are as they were.
        this._set(state === 'waiting' ? 'failed' : state);
      }
    }
  }

  /** The code that connects has begun, or prints something. */
  private _hear(message: KernelMessage.IIOPubMessage): void {
    const output = outputIn(message);
    if (message.header.msg_type === 'execute_input') {
      this._since = Date.now() / 1000;
      this._set('connecting');
    } else if (output) {
      this._log += output;
      this._changed.emit();
    }
  }

  /** Ask the kernel for its clients, without a trace in it. */
  private async _ask(): Promise<void> {
    const { kernel } = this;
    if (!kernel || (await languageOf(kernel)) !== 'python') {
      this._set('none');
      return;
    }
    const future = kernel.requestExecute({
      code: '',
      silent: true,
      store_history: false,
      user_expressions: { addresses: QUESTION }
    });
    this._own = future.msg.header.msg_id;
    const turn = this._turn;
    const reply = await future.done;
    if (this._isDisposed || kernel !== this.kernel || turn !== this._turn) {
      return;
    }
    if (reply.content.status !== 'ok') {
      // It went with a cell that failed.
      this._stale = true;
      return;
    }
    // Distributed takes the newest, too.
    const cluster = addressesIn(reply)
      .map(address => this._clusterAt(address))
      .find(Boolean);
    if (cluster) {
      this._remember(cluster);
      this._set('connected');
    } else if (this._state === 'connected') {
      this._set('disconnected');
    } else if (this._state === 'none') {
      this._set(this._id ? 'restarted' : 'disconnected');
    }
  }

  private _clusterAt(address: string): Cluster | undefined {
    return this._store.clusters.find(
      ({ connection }) => connection?.address === address
    );
  }

  private _remember({ id, name, attached, connection }: Cluster): void {
    this._id = id;
    this._name = name;
    this._attached = attached;
    this._address = connection?.address ?? '';
  }

  private _restart(): void {
    this._forget();
    void this._session.ready.then(() => this._ask());
  }

  private _onStatus(_: ISessionContext, status: string): void {
    if (status === 'restarting' || status === 'autorestarting') {
      this._forget();
      this._stale = true;
    } else if (status === 'idle' && this._stale) {
      this._stale = false;
      void this._ask();
    }
  }

  /** A kernel that begins anew drops what was begun in it. */
  private _forget(): void {
    this._turn += 1;
    this._set('none');
  }

  /** Something was run: the kernel may have another client now. */
  private _onMessage(
    _: ISessionContext,
    message: KernelMessage.IMessage
  ): void {
    if (
      message.header.msg_type === 'execute_input' &&
      (message.parent_header as KernelMessage.IHeader).msg_id !== this._own
    ) {
      this._stale = true;
    }
  }

  private _follow(): void {
    if (this._store.status !== 'connected') {
      return;
    }
    const { cluster, kernel } = this;
    if (cluster || this._state !== 'connected') {
      // The store tells of every cluster; only this one is shown.
      if (cluster !== this._shown) {
        this._shown = cluster;
        this._changed.emit();
      }
      return;
    }
    const other = this._clusterAt(this._address);
    if (other) {
      // Its scheduler has another card.
      this._remember(other);
      this._set('connected');
    } else if (this._attached) {
      // Its scheduler goes on without a card, and so do its clients.
      this._set('disconnected');
    } else {
      // A client without its scheduler tries to reach it for ever, and says so.
      this._set('gone');
      if (kernel?.status === 'idle') {
        void run(closeCode(this._address), kernel, this._trans).catch(reason =>
          console.warn(reason)
        );
      }
    }
  }

  private _set(state: LinkState): void {
    this._state = state;
    this._changed.emit();
  }

  private _state: LinkState = 'none';
  private _id = '';
  private _name = '';
  private _address = '';
  private _attached = false;
  private _shown: Cluster | undefined;
  private _turn = 0;
  private _problem = '';
  private _since = 0;
  private _log = '';
  private _own = '';
  private _stale = false;
  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
}

/** The colours of a terminal. */
const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g');

/** What a kernel prints with a message, without colours. */
function outputIn({ header, content }: KernelMessage.IMessage): string {
  const { text, traceback } = content as {
    text?: string;
    traceback?: string[];
  };
  switch (header.msg_type) {
    case 'stream':
      return text ?? '';
    case 'error':
      return `${traceback?.join('\n').replace(COLOURS, '')}\n`;
    default:
      return '';
  }
}

/** What a kernel has answered to the question, the newest first. */
export function addressesIn(
  reply: KernelMessage.IExecuteReplyMsg
): ReadonlyArray<string> {
  const { content } = reply;
  const expressions =
    'user_expressions' in content ? content.user_expressions : {};
  const answer = expressions?.addresses as any;
  const text = answer?.data?.['text/plain'];
  if (typeof text !== 'string') {
    return [];
  }
  // The text is a Python string in quotes with JSON in it: addresses have neither quotes nor backslashes.
  return (JSON.parse(text.slice(1, -1)) as string[]).reverse();
}
