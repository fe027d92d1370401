import { ServerConnection } from '@jupyterlab/services';
import { act } from 'react';

import { Cluster, Job, Profile, StreamMessage } from '../tokens';

/** A running cluster, with whatever a test wants otherwise. */
export function makeCluster(part: Partial<Cluster> = {}): Cluster {
  return {
    id: 'a'.repeat(32),
    name: 'Physics',
    kind: 'local',
    profile: 'local',
    state: 'running',
    reason: null,
    hint: null,
    activity: null,
    since: 0,
    created: 0,
    environment: 'server',
    encrypted: true,
    keep: false,
    size: { workers: 4 },
    maximum_workers: 64,
    workers: {
      requested: 4,
      running: 2,
      starting: 2,
      queued: 0,
      held: 0,
      failed: 0,
      lost: 0
    },
    reasons: [],
    has_jobs: false,
    attached: false,
    scales: true,
    trusted: true,
    default: false,
    warnings: [],
    cores: 8,
    cpu: 1.5,
    memory: { used: 2 ** 30, limit: 8 * 2 ** 30 },
    tasks: { processing: 0, waiting: 0, erred: 0 },
    idle: null,
    walltime_end: null,
    connection: {
      address: 'tls://10.0.0.1:8786',
      snippet: 'from dask.distributed import Client',
      tls: null
    },
    dashboard: '/proxy/8787/status',
    ...part
  };
}

/** A running job, with whatever a test wants otherwise. */
export function makeJob(part: Partial<Job> = {}): Job {
  return {
    id: '1.0',
    worker: 'w1',
    state: 'running',
    reason: null,
    host: 'node1',
    submitted: 1000,
    started: 1010,
    walltime_end: null,
    ended: null,
    exit_code: null,
    workers: 1,
    actions: ['cancel', 'retry'],
    ...part
  };
}

/** A profile that can be launched, with whatever a test wants otherwise. */
export function makeProfile(part: Partial<Profile> = {}): Profile {
  return {
    name: 'local',
    title: 'This machine',
    description: '',
    kind: 'local',
    unavailable: null,
    attached: false,
    has_preview: false,
    size: { workers: 2 },
    maximum_workers: 8,
    schema: {
      type: 'object',
      required: ['cores'],
      properties: {
        cores: { type: 'integer', default: 1 },
        memory: { type: 'string' },
        extra: {
          type: 'array',
          items: { type: 'string' },
          'x-advanced': true
        }
      }
    },
    ...part
  };
}

/** A WebSocket whose other end is the test. */
export class FakeSocket {
  static sockets: FakeSocket[] = [];

  /** The one opened last. */
  static get last(): FakeSocket {
    return FakeSocket.sockets[FakeSocket.sockets.length - 1];
  }

  constructor(readonly url: string) {
    FakeSocket.sockets.push(this);
  }

  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  closed = false;

  close(): void {
    this.closed = true;
  }

  /** The server sends a message. */
  send(message: StreamMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** The connection breaks. */
  drop(): void {
    this.onclose?.();
  }
}

/** Settings whose requests are answered by a function and whose WebSockets are fakes. */
export function makeSettings(
  answer: (request: Request) => Response = () => Response.json({}),
  part: Partial<ServerConnection.ISettings> = {}
): ServerConnection.ISettings {
  return ServerConnection.makeSettings({
    baseUrl: 'http://localhost:8888/user/a/',
    wsUrl: 'ws://localhost:8888/user/a/',
    WebSocket: FakeSocket as unknown as typeof WebSocket,
    fetch: jest.fn(async (request: RequestInfo) => answer(request as Request)),
    ...part
  });
}

/** Type a text into a field that React controls. */
export function typeInto(
  field: HTMLInputElement | HTMLTextAreaElement,
  text: string
): void {
  const { set } = Object.getOwnPropertyDescriptor(
    Object.getPrototypeOf(field),
    'value'
  )!;
  act(() => {
    set!.call(field, text);
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
}
