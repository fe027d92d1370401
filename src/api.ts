import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { requestAPI } from './request';
import type {
  Cluster,
  ClusterRequest,
  ConfigurationChange,
  DaskConfiguration,
  Diagnosis,
  Environment,
  History,
  Job,
  JobAction,
  Log,
  Preview,
  Profiles,
  Size,
  Worker
} from './tokens';

/** Whose logs to ask for. */
export type LogSource = 'host' | 'scheduler' | 'workers';

export type WorkerAction = 'restart' | 'retire';

/** The operations of the server extension; what they change comes back through the store. */
export class ClusterAPI {
  constructor(readonly settings: ServerConnection.ISettings) {}

  /** Start a cluster. */
  create(request: ClusterRequest): Promise<Cluster> {
    return requestAPI(this.settings, 'clusters', 'POST', request);
  }

  /** Rename a cluster. */
  rename(id: string, name: string): Promise<Cluster> {
    return requestAPI(this.settings, `clusters/${id}`, 'PATCH', { name });
  }

  /** Shut a cluster down, or remove one that has failed. */
  close(id: string): Promise<Cluster> {
    return requestAPI(this.settings, `clusters/${id}`, 'DELETE');
  }

  /** Ask for a fixed number of workers, or let it follow the load. */
  resize(id: string, size: Size): Promise<Cluster> {
    const operation = 'workers' in size ? 'scale' : 'adapt';
    return requestAPI(
      this.settings,
      `clusters/${id}/${operation}`,
      'POST',
      size
    );
  }

  /** Start a failed cluster again. */
  retry(id: string): Promise<Cluster> {
    return requestAPI(this.settings, `clusters/${id}/retry`, 'POST');
  }

  /** Put off the end of a cluster that has nothing to do. */
  extend(id: string): Promise<Cluster> {
    return requestAPI(this.settings, `clusters/${id}/extend`, 'POST');
  }

  /** Let kernels that start from now on find a cluster by themselves, or no more. */
  makeDefault(id: string, wanted: boolean): Promise<Cluster> {
    const method = wanted ? 'PUT' : 'DELETE';
    return requestAPI(this.settings, `clusters/${id}/default`, method);
  }

  /** The latest lines of a cluster's logs, one entry a process. */
  logs(id: string, source: LogSource): Promise<Log[]> {
    return requestAPI(this.settings, `clusters/${id}/logs?source=${source}`);
  }

  /** The log of one worker. */
  workerLog(id: string, worker: string): Promise<Log[]> {
    const path = query(`clusters/${id}/logs`, { source: 'workers', worker });
    return requestAPI(this.settings, path);
  }

  /** The connected workers. */
  workers(id: string): Promise<Worker[]> {
    return requestAPI(this.settings, `clusters/${id}/workers`);
  }

  /** Restart a worker, or end it when its data are elsewhere. */
  actOnWorker(
    id: string,
    address: string,
    action: WorkerAction
  ): Promise<Cluster> {
    const path = `clusters/${id}/workers/${action}`;
    return requestAPI(this.settings, path, 'POST', { address });
  }

  /** What a cluster has been through since a time, in seconds since the epoch. */
  history(id: string, after = 0): Promise<History> {
    return requestAPI(this.settings, `clusters/${id}/history?after=${after}`);
  }

  /** The batch jobs of a cluster, newest first. */
  jobs(id: string): Promise<Job[]> {
    return requestAPI(this.settings, `clusters/${id}/jobs`);
  }

  /** What a job has printed, one entry a file; a job goes by its id, or its worker if it has none. */
  jobLogs(id: string, job: string): Promise<Log[]> {
    const path = `clusters/${id}/jobs/${encodeURIComponent(job)}/logs`;
    return requestAPI(this.settings, path);
  }

  /** Cancel, release or retry a job. */
  act(id: string, job: string, action: JobAction): Promise<Cluster> {
    const path = `clusters/${id}/jobs/${encodeURIComponent(job)}/${action}`;
    return requestAPI(this.settings, path, 'POST');
  }

  /** What was submitted for the latest job. */
  submitted(id: string): Promise<Preview> {
    return requestAPI(this.settings, `clusters/${id}/submitted`);
  }

  /** Why there are no workers. */
  diagnosis(id: string): Promise<Diagnosis> {
    return requestAPI(this.settings, `clusters/${id}/diagnosis`);
  }

  /** What a cluster was launched with. */
  launched(id: string): Promise<Preview> {
    return requestAPI(this.settings, `clusters/${id}/launched`);
  }

  /** What would be submitted for each job; nothing is started. */
  preview(request: ClusterRequest): Promise<Preview> {
    return requestAPI(this.settings, 'preview', 'POST', request);
  }

  /** What can be launched. */
  profiles(): Promise<Profiles> {
    return requestAPI(this.settings, 'profiles');
  }

  /** The Python environments; those that a profile's clusters cannot run in say why. */
  environments(profile?: string): Promise<Environment[]> {
    return requestAPI(this.settings, query('environments', { profile }));
  }

  /** Dask's configuration in an environment, the server's own for null. */
  configuration(environment: string | null): Promise<DaskConfiguration> {
    const path = query('configuration', { environment });
    return requestAPI(this.settings, path);
  }

  /** Set or remove a key of the user's own. */
  configure(
    environment: string | null,
    change: ConfigurationChange
  ): Promise<DaskConfiguration> {
    const path = query('configuration', { environment });
    return requestAPI(this.settings, path, 'PATCH', change);
  }
}

/** A path with those arguments that are there. */
function query(
  path: string,
  args: Record<string, string | null | undefined>
): string {
  const given = Object.entries(args).filter(([, value]) => value);
  return path + URLExt.objectToQueryString(Object.fromEntries(given) as any);
}
