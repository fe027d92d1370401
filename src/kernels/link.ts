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

/** Close the clients of a scheduler. */
const closeCode = (address: string) => `
def _casa_close():
    from distributed.client import _global_clients
    for client in set(_global_clients.values()):
        if client.scheduler and client.scheduler.address == ${JSON.stringify(address)}:
            client.close()
_casa_close()
del _casa_close`;

export type LinkState =
  /** The kernel is in another language, or there is none. */
  | 'none'
  | 'disconnected'
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

  /** What the kernel has printed while it was connected. */
  get log(): string {
    return this._log;
  }

  /** Connect the kernel; its variable is `client`. */
  async connect(cluster: Cluster): Promise<void> {
    const { kernel } = this;
    if (kernel && cluster.connection) {
      this._remember(cluster);
      this._since = Date.now() / 1000;
      this._log = '';
      await this._do('connecting', async () => {
        await run(cluster.connection!.snippet, kernel);
      });
    }
  }

  /** Give up what `connect` began. */
  async cancel(): Promise<void> {
    await this.kernel?.interrupt();
  }

  /** Close the kernel's clients of its cluster. */
  async disconnect(): Promise<void> {
    const { kernel } = this;
    const address = this._address;
    this._id = '';
    if (kernel && address) {
      await this._do('connected', () => run(closeCode(address), kernel));
    }
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

  private async _do(
    state: LinkState,
    what: () => Promise<void>
  ): Promise<void> {
    this._problem = '';
    this._set(state);
    try {
      await what();
      await this._ask();
    } catch (error) {
      this._problem = problemOf(error, this._trans).message;
      this._set('failed');
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
    const addresses = addressesIn(await future.done);
    if (this._isDisposed || kernel !== this.kernel) {
      return;
    }
    const cluster = this._store.clusters.find(({ connection }) =>
      addresses.includes(connection?.address ?? '')
    );
    if (cluster) {
      this._remember(cluster);
      this._set('connected');
    } else if (this._state === 'connected' || this._state === 'connecting') {
      this._set('disconnected');
    } else if (this._state === 'none') {
      this._set(this._id ? 'restarted' : 'disconnected');
    }
  }

  private _remember({ id, name, connection }: Cluster): void {
    this._id = id;
    this._name = name;
    this._address = connection?.address ?? '';
  }

  private _restart(): void {
    this._set('none');
    void this._session.ready.then(() => this._ask());
  }

  private _onStatus(_: ISessionContext, status: string): void {
    if (status === 'restarting' || status === 'autorestarting') {
      this._set('none');
      this._stale = true;
    } else if (status === 'idle' && this._stale) {
      this._stale = false;
      void this._ask();
    }
  }

  /** Something was run: the kernel may have another client now. Or it prints something while it is connected. */
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
    if (this._state === 'connecting' && outputIn(message)) {
      this._log += outputIn(message);
      this._changed.emit();
    }
  }

  private _follow(): void {
    if (this._store.status !== 'connected') {
      return;
    }
    if (this._state === 'connected' && !this.cluster) {
      // A client without its scheduler tries to reach it for ever, and says so.
      this._set('gone');
      const { kernel } = this;
      if (kernel?.status === 'idle') {
        void run(closeCode(this._address), kernel).catch(reason =>
          console.warn(reason)
        );
      }
    } else {
      // Names, and clusters to choose from.
      this._changed.emit();
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

/** What a kernel has answered to the question. */
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
  return JSON.parse(text.slice(1, -1)) as string[];
}
