import { Token } from '@lumino/coreutils';
import { ISignal } from '@lumino/signaling';

import type { components } from './generated';

type Schemas = components['schemas'];

export type Cluster = Schemas['Cluster'];
export type ClusterRequest = Schemas['ClusterRequest'];
export type ConfigurationChange = Schemas['ConfigurationChange'];
export type ConfigurationProblem = Schemas['ConfigurationProblem'];
export type DaskConfiguration = Schemas['DaskConfiguration'];
export type Environment = Schemas['Environment'];
export type Diagnosis = Schemas['Diagnosis'];
export type Event = Schemas['Event'];
export type History = Schemas['History'];
export type Idle = Schemas['Idle'];
export type Job = Schemas['Job'];
export type JobAction = Schemas['JobAction'];
export type JobState = Schemas['JobState'];
export type Log = Schemas['Log'];
export type Preview = Schemas['Preview'];
export type Profile = Schemas['Profile'];
export type Profiles = Schemas['Profiles'];
export type Reason = Schemas['Reason'];
export type Setting = Schemas['Setting'];
export type Size = Schemas['Size'];
export type Source = Schemas['Source'];
export type State = Schemas['State'];
export type StreamMessage = Schemas['StreamMessage'];
export type Worker = Schemas['Worker'];
export type WorkerCounts = Schemas['WorkerCounts'];

/** The message that a cluster is gone. */
export type Removed = Extract<StreamMessage, { type: 'removed' }>;

/** Whether what the store holds is what the server has now. */
export type ConnectionStatus = 'connecting' | 'connected' | 'disconnected';

/** A mirror of the clusters that the server knows. */
export interface IClusterStore {
  /** Whether the mirror is live; unless `connected`, what it holds is old. */
  readonly status: ConnectionStatus;

  /** The clusters, oldest first. */
  readonly clusters: ReadonlyArray<Cluster>;

  /** What can be launched; null until the server has said so. */
  readonly profiles: Profiles | null;

  /** Emitted when anything above has changed. */
  readonly changed: ISignal<IClusterStore, void>;

  /** Emitted when a cluster is gone. */
  readonly removed: ISignal<IClusterStore, Removed>;

  /** The cluster with an id. */
  get(id: string): Cluster | undefined;

  /** Connect at once instead of when the next attempt is due. */
  reconnect(): void;

  /** Ask again what can be launched. */
  loadProfiles(): Promise<Profiles>;
}

/** The clusters of this server, for other extensions. */
export const IClusterStore = new Token<IClusterStore>(
  'casa-labext:IClusterStore',
  'A mirror of the Dask clusters that the server knows.'
);
