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
  interrupt = jest.fn(async () => undefined);

  get info() {
    return Promise.resolve({ language_info: { name: this.language } });
  }

  requestExecute(content: any) {
    let reply: any = { status: 'ok' };
    if (content.user_expressions) {
      const text = `'${JSON.stringify(this.addresses)}'`;
      reply.user_expressions = { addresses: { data: { 'text/plain': text } } };
    } else {
      this.code.push(content.code);
      if (this.error) {
        reply = { status: 'error', ename: 'OSError', evalue: this.error };
      }
    }
    const done = Promise.resolve({ content: reply });
    return { msg: { header: { msg_id: 'ours' } }, done };
  }
}

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
    const done = link.connect(cluster);
    expect(link.state).toBe('connecting');
    kernel.addresses = [address];
    await done;
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
    await link.cancel();
    expect(kernel.interrupt).toHaveBeenCalled();
  });

  it('notes what the kernel prints meanwhile', async () => {
    const print = (msg_type: string, content: any) =>
      session.iopubMessage.emit({
        header: { msg_type },
        parent_header: { msg_id: 'any' },
        content
      });
    print('stream', { text: 'before' });
    kernel.error = 'Timed out';
    const done = link.connect(cluster);
    print('stream', { text: 'Looking for the scheduler\n' });
    print('error', { traceback: ['\u001b[31mOSError\u001b[0m', 'Timed out'] });
    await done;
    expect(link.log).toBe('Looking for the scheduler\nOSError\nTimed out\n');
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
