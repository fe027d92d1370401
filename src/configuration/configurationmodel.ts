import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomModel } from '@jupyterlab/ui-components';

import type { ClusterAPI } from '../api';
import { problemOf, sentenceOf } from '../request';
import type {
  ConfigurationChange,
  DaskConfiguration,
  Environment
} from '../tokens';

/** Dask's configuration in one environment at a time. */
export class ConfigurationModel extends VDomModel {
  constructor(
    private _api: ClusterAPI,
    private _trans: TranslationBundle
  ) {
    super();
  }

  /** What the server said last; null before the first answer. */
  configuration: DaskConfiguration | null = null;

  /** The environments that can be looked at. */
  environments: ReadonlyArray<Environment> = [];

  /** The name of the one that is; null for the server's own. */
  environment: string | null = null;

  /** Why the last question failed. */
  problem = '';

  /** Whether an answer is awaited. */
  busy = false;

  /** Ask for everything anew. */
  async refresh(): Promise<void> {
    await Promise.all([this.load(), this._loadEnvironments()]);
  }

  /** Look at an environment. */
  async choose(environment: string): Promise<void> {
    this.environment = environment;
    this.configuration = null;
    await this.load();
  }

  /** Ask for the configuration anew. */
  async load(): Promise<void> {
    const { environment } = this;
    this.busy = true;
    this.stateChanged.emit();
    try {
      const configuration = await this._api.configuration(environment);
      if (environment === this.environment) {
        this.configuration = configuration;
        this.problem = '';
      }
    } catch (error) {
      if (environment === this.environment) {
        this.problem = this._words(error);
      }
    }
    if (environment === this.environment) {
      this.busy = false;
    }
    this.stateChanged.emit();
  }

  /** Set or remove a key. Returns why it was refused, or an empty text. */
  async change(change: ConfigurationChange): Promise<string> {
    const { environment } = this;
    try {
      const configuration = await this._api.configure(environment, change);
      if (environment === this.environment) {
        this.configuration = configuration;
      }
    } catch (error) {
      return this._words(error);
    }
    this.stateChanged.emit();
    return '';
  }

  private async _loadEnvironments(): Promise<void> {
    // Without the list the server's own environment is there still.
    this.environments = await this._api.environments().catch(() => []);
    this.stateChanged.emit();
  }

  private _words(error: unknown): string {
    return sentenceOf(problemOf(error, this._trans));
  }
}
