import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';

import { chipWords } from '../kernels/chip';
import { addressesIn, KernelLink } from '../kernels/link';
import { Cluster } from '../tokens';
import { makeCluster } from './testing';

const trans = nullTranslator.load('casa_labext');

/** A kernel whose clients the test decides on. */
class FakeKernel {
  addresses: string[] = [];
  code: string[] = [];
  language = 'python';
  status = 'idle';
  error: string | null = null;
  /** What it says about the code that it is asked to run. */
  messages: any[] = [];
  /** Whether it throws away what it is asked. */
  aborts = false;
  /** What it runs now; requests wait for it. */
  cell = Promise.resolve();
  interrupt = jest.fn(async () => undefined);

  get info() {
    return Promise.resolve({ language_info: { name: this.language } });
  }

  requestExecute(content: any) {
    if (!content.user_expressions) {
      this.code.push(content.code);
    }
    const future: any = { msg: { header: { msg_id: 'ours' } } };
    future.done = this.cell.then(() => ({
      content: this.run(content, future)
    }));
    return future;
  }

  private run(content: any, future: any) {
    if (this.aborts) {
      return { status: 'aborted' };
    }
    if (content.user_expressions) {
      const text = `'${JSON.stringify(this.addresses)}'`;
      return {
        status: 'ok',
        user_expressions: { addresses: { data: { 'text/plain': text } } }
      };
    }
    future.onIOPub({ header: { msg_type: 'execute_input' }, content });
    this.messages.forEach(message => future.onIOPub(message));
    return this.error
      ? { status: 'error', ename: 'OSError', evalue: this.error }
      : { status: 'ok' };
  }
}

/** A further cluster, whose scheduler has an address. */
const clusterAt = (address: string) => {
  const connection = { address, snippet: '', tls: null };
  return { ...makeCluster({ id: 'b'.repeat(32), name: 'Other' }), connection };
};

describe('KernelLink', () => {
  const cluster = makeCluster();
  const address = cluster.connection!.address;
  let kernel: FakeKernel;
  let session: any;
  let store: any;
  let link: KernelLink;
  const settle = () => new Promise(resolve => setTimeout(resolve));

  beforeEach(async () => {
    kernel = new FakeKernel();
    session = {
      session: { kernel },
      ready: Promise.resolve(),
      kernelChanged: new Signal<any, any>({}),
      statusChanged: new Signal<any, any>({}),
      iopubMessage: new Signal<any, any>({})
    };
    store = {
      status: 'connected',
      clusters: [cluster] as Cluster[],
      get: (id: string) => store.clusters.find((c: Cluster) => c.id === id),
      changed: new Signal<any, void>({})
    };
    link = new KernelLink(session, store, trans);
    await settle();
  });

  afterEach(() => link.dispose());

  const userRuns = async () => {
    session.iopubMessage.emit({
      header: { msg_type: 'execute_input' },
      parent_header: { msg_id: 'theirs' }
    });
    session.statusChanged.emit('idle');
    await settle();
  };

  it('asks the kernel, and notices what the user does', async () => {
    expect(link.state).toBe('disconnected');
    kernel.addresses = [address];
    await userRuns();
    expect(link.state).toBe('connected');
    expect(link.name).toBe('Physics');
    kernel.addresses = [];
    await userRuns();
    expect(link.state).toBe('disconnected');
    // Its own question is no reason to ask again.
    const ask = jest.spyOn(kernel, 'requestExecute');
    session.statusChanged.emit('idle');
    await settle();
    expect(ask).not.toHaveBeenCalled();
  });

  it('connects, and offers it again after a restart', async () => {
    const states = new Set<string>();
    link.changed.connect(() => states.add(link.state));
    kernel.addresses = [address];
    await link.connect(cluster);
    expect([...states]).toEqual(['waiting', 'connecting', 'connected']);
    expect(kernel.code).toEqual([cluster.connection!.snippet]);
    expect(link.state).toBe('connected');
    kernel.addresses = [];
    session.statusChanged.emit('restarting');
    session.statusChanged.emit('idle');
    await settle();
    expect(link.state).toBe('restarted');
    expect(chipWords('restarted', link.name, trans)).toBe('Reconnect Physics');
  });

  it('says why it could not', async () => {
    kernel.error = 'Timed out';
    await link.connect(cluster);
    expect(link.state).toBe('failed');
    expect(link.problem).toBe('OSError: Timed out');
    expect(link.log).toBe('');
  });

  it('interrupts its own code alone', async () => {
    link.changed.connect(() => {
      if (link.state === 'connecting') {
        void link.cancel();
      }
    });
    await link.connect(cluster);
    expect(kernel.interrupt).toHaveBeenCalledTimes(1);
  });

  it('interrupts nothing that the user runs', async () => {
    let ends = () => {};
    kernel.cell = new Promise(resolve => (ends = resolve));
    const connected = link.connect(cluster);
    expect(link.state).toBe('waiting');
    expect(chipWords('waiting', '', trans)).toBe('Waiting for the kernel…');
    const cancelled = link.cancel();
    expect(kernel.interrupt).not.toHaveBeenCalled();
    expect(link.state).toBe('disconnected');
    // The request cannot be taken back: what it makes is closed after it.
    expect(kernel.code[0]).toBe(cluster.connection!.snippet);
    expect(kernel.code[1]).toContain('close()');
    const states = new Set<string>();
    link.changed.connect(() => states.add(link.state));
    ends();
    await Promise.all([connected, cancelled]);
    expect([...states]).toEqual([]);
    expect(link.state).toBe('disconnected');
  });

  it('is connected before the kernel has answered behind other cells', async () => {
    kernel.addresses = [address];
    link.changed.connect(() => {
      if (link.state === 'connecting') {
        kernel.cell = new Promise(() => {});
      }
    });
    void link.connect(cluster);
    await settle();
    expect(link.state).toBe('connected');
  });

  it('drops what a kernel that is started again was asked', async () => {
    let drops: (error: Error) => void = () => undefined;
    kernel.cell = new Promise((_, reject) => (drops = reject));
    const done = link.connect(cluster);
    session.statusChanged.emit('restarting');
    drops(new Error('Canceled'));
    kernel.cell = Promise.resolve();
    await done;
    session.statusChanged.emit('idle');
    await settle();
    expect(link.state).toBe('restarted');
  });

  it('says that the kernel threw a request away', async () => {
    kernel.aborts = true;
    await link.connect(cluster);
    expect(link.state).toBe('failed');
    expect(link.problem).toContain('did not run it');
  });

  it('asks again what the kernel threw away', async () => {
    kernel.addresses = [address];
    await userRuns();
    kernel.aborts = true;
    await userRuns();
    expect(link.state).toBe('connected');
    kernel.aborts = false;
    kernel.addresses = [];
    session.statusChanged.emit('idle');
    await settle();
    expect(link.state).toBe('disconnected');
  });

  it('notes what its own code prints', async () => {
    const message = (msg_type: string, content: any) => ({
      header: { msg_type },
      parent_header: { msg_id: 'any' },
      content
    });
    kernel.error = 'Timed out';
    kernel.messages = [
      message('stream', { text: 'Looking for the scheduler\n' }),
      message('error', {
        traceback: ['\u001b[31mOSError\u001b[0m', 'Timed out']
      })
    ];
    link.changed.connect(() => {
      if (link.state === 'connecting' && link.log === '') {
        session.iopubMessage.emit(message('stream', { text: "the user's" }));
      }
    });
    await link.connect(cluster);
    expect(link.log).toBe('Looking for the scheduler\nOSError\nTimed out\n');
  });

  it('names the cluster of the newest client', async () => {
    const other = clusterAt('tls://10.0.0.2:8786');
    store.clusters = [cluster, other];
    kernel.addresses = [address, 'tls://elsewhere:1', other.connection.address];
    await userRuns();
    expect(link.cluster).toBe(other);
    kernel.addresses.push('tls://elsewhere:2', address);
    await userRuns();
    expect(link.cluster).toBe(cluster);
  });

  it('disconnects, whatever the store says meanwhile', async () => {
    kernel.addresses = [address];
    await userRuns();
    const done = link.disconnect();
    store.changed.emit();
    expect(link.state).toBe('connected');
    kernel.addresses = [];
    await done;
    expect(link.state).toBe('disconnected');
    expect(kernel.code).toHaveLength(1);
    session.statusChanged.emit('restarting');
    session.statusChanged.emit('idle');
    await settle();
    expect(link.state).toBe('disconnected');
  });

  it('stays connected if the kernel threw the end of it away', async () => {
    kernel.addresses = [address];
    await userRuns();
    kernel.aborts = true;
    await link.disconnect();
    expect(link.state).toBe('connected');
    expect(link.problem).toContain('did not run it');
  });

  it('leaves the client of a scheduler that is only detached', async () => {
    store.clusters = [makeCluster({ attached: true })];
    kernel.addresses = [address];
    await userRuns();
    store.clusters = [];
    store.changed.emit();
    expect(link.state).toBe('disconnected');
    expect(kernel.code).toEqual([]);
  });

  it('leaves the client of a scheduler that has another card', async () => {
    const other = clusterAt(address);
    store.clusters = [cluster, other];
    kernel.addresses = [address];
    await userRuns();
    store.clusters = [other];
    store.changed.emit();
    expect(link.state).toBe('connected');
    expect(link.cluster).toBe(other);
    expect(kernel.code).toEqual([]);
  });

  it('tells of changes of its own cluster alone', async () => {
    const other = clusterAt('tls://10.0.0.2:8786');
    store.clusters = [cluster, other];
    kernel.addresses = [address];
    await userRuns();
    store.changed.emit();
    const changed = jest.fn();
    link.changed.connect(changed);
    store.clusters = [cluster, { ...other }];
    store.changed.emit();
    expect(changed).not.toHaveBeenCalled();
    store.clusters = [{ ...cluster, name: 'Chemistry' }, other];
    store.changed.emit();
    expect(changed).toHaveBeenCalledTimes(1);
    expect(link.name).toBe('Chemistry');
  });

  it('closes the client of a cluster that has gone', async () => {
    kernel.addresses = [address];
    await userRuns();
    store.clusters = [];
    store.changed.emit();
    expect(link.state).toBe('gone');
    expect(link.name).toBe('Physics');
    expect(kernel.code[0]).toContain(JSON.stringify(address));
  });

  it('has nothing to say to another language', async () => {
    kernel.language = 'R';
    session.kernelChanged.emit({});
    await settle();
    expect(link.state).toBe('none');
    expect(chipWords(link.state, '', trans)).toBe('');
  });
});

it('reads nothing from an answer that is none', () => {
  const reply = (content: any) => addressesIn({ content } as any);
  expect(reply({ status: 'aborted' })).toEqual([]);
  expect(
    reply({ user_expressions: { addresses: { status: 'error' } } })
  ).toEqual([]);
});
