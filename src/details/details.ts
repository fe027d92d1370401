import { MainAreaWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandToolbarButton, TabPanelSvg } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';

import type { ClusterAPI } from '../api';
import { CommandIDs } from '../commandids';
import { clusterIcon } from '../icons';
import type { Cluster, IClusterStore, Log } from '../tokens';
import { Diagnosis } from './diagnosis';
import { HistoryModel } from './historymodel';
import { Jobs } from './jobs';
import { JobsModel } from './jobsmodel';
import { createLog, Logs } from './logs';
import { Overview } from './overview';
import { TextPane } from './textpane';
import { Workers } from './workers';
import { WorkersModel } from './workersmodel';
import '../../style/details.css';

export interface IDetailsOptions {
  api: ClusterAPI;
  store: IClusterStore;
  commands: CommandRegistry;

  /** The id of the cluster. */
  id: string;

  /** Show another tab beside. */
  open: (id: string, make: () => MainAreaWidget) => void;

  trans: TranslationBundle;
}

/** The names of the tabs. */
export type Pane =
  | 'overview'
  | 'diagnosis'
  | 'workers'
  | 'jobs'
  | 'logs'
  | 'submitted'
  | 'configuration';

/** All about one cluster, in tabs. */
export class Details extends MainAreaWidget<TabPanelSvg> {
  constructor(options: IDetailsOptions) {
    super({ content: new TabPanelSvg() });
    const { store, commands, id, trans } = options;
    this._options = options;
    this.clusterId = id;
    this.addClass('casa-Details');
    this.title.icon = clusterIcon;
    this.content.tabBar.node.setAttribute(
      'aria-label',
      trans.__('About the cluster')
    );
    for (const command of [
      CommandIDs.insertClient,
      CommandIDs.connect,
      CommandIDs.scale,
      CommandIDs.dashboard,
      CommandIDs.plots,
      CommandIDs.shutdown
    ]) {
      const button = new CommandToolbarButton({
        commands,
        id: command,
        args: { id }
      });
      this.toolbar.addItem(command, button);
      this._buttons.push(button);
    }
    this._follow();
    store.changed.connect(this._follow, this);
  }

  readonly clusterId: string;

  /** Show one of the tabs; a restored one has them when its cluster is known. */
  reveal(pane: Pane): void {
    this._wanted = pane;
    const widget = this._panes.get(pane);
    if (widget) {
      this.content.currentWidget = widget;
    }
  }

  dispose(): void {
    this._options.store.changed.disconnect(this._follow, this);
    super.dispose();
  }

  private _follow(): void {
    const { store, trans } = this._options;
    const cluster = store.get(this.clusterId);
    if (cluster !== this._shown || store.status !== this._status) {
      this._shown = cluster;
      this._status = store.status;
      // What can be done now is another thing.
      this._buttons.forEach(button => button.update());
    }
    this.title.label = trans.__('Cluster');
    if (cluster) {
      this._name = cluster.name;
      if (this._panes.size === 0) {
        this._gone?.dispose();
        this._fill(cluster.has_jobs);
      }
    } else if (store.status === 'connected' && this._panes.size === 0) {
      this._tellGone();
    }
    if (this._name) {
      this.title.label = this._name;
    }
  }

  /** A tab that was restored has nothing to show of a cluster that is gone. */
  private _tellGone(): void {
    if (!this._gone) {
      this._gone = new Widget();
      this._gone.addClass('casa-Details-gone');
      this._gone.title.label = this._options.trans.__('Gone');
      this._gone.node.textContent = this._options.trans.__(
        'This cluster is gone.'
      );
      this.content.addWidget(this._gone);
    }
  }

  private _fill(hasJobs: boolean): void {
    const { api, store, commands, id, open, trans } = this._options;
    // Another worker may come under the same name.
    const showLog = (key: string, of: string, load: () => Promise<Log[]>) =>
      open(`casa-labext-log-${id}-${key}`, () =>
        createLog(load, trans.__('Log of %1 — %2', of, this._name), trans)
      );
    this._add(
      'overview',
      trans.__('Overview'),
      new Overview(new HistoryModel(api, store, id, trans), commands, trans)
    );
    this._add(
      'workers',
      trans.__('Workers'),
      new Workers(
        new WorkersModel(api, store, id, trans),
        ({ name, address }) =>
          showLog(address, name, () => api.workerLog(id, address)),
        trans
      )
    );
    if (hasJobs) {
      this._add(
        'jobs',
        trans.__('Jobs'),
        new Jobs(
          new JobsModel(api, store, id, trans),
          job => showLog(job, job, () => api.jobLogs(id, job)),
          trans
        )
      );
    }
    this._add(
      'diagnosis',
      trans.__('Why no workers?'),
      new Diagnosis(() => api.diagnosis(id), trans)
    );
    const sources = {
      host: trans.__('Host'),
      scheduler: trans.__('Scheduler'),
      workers: trans.__('Workers')
    };
    this._add(
      'logs',
      trans.__('Logs'),
      new Logs(source => api.logs(id, source), sources, this._name, trans)
    );
    if (hasJobs) {
      const submitted = trans.__('Submitted');
      this._add(
        'submitted',
        submitted,
        new TextPane(
          () => api.submitted(id),
          submitted,
          trans.__('Nothing has been submitted yet.'),
          trans
        )
      );
    }
    const configuration = trans.__('Configuration');
    this._add(
      'configuration',
      configuration,
      new TextPane(() => api.launched(id), configuration, '', trans)
    );
    if (this._wanted) {
      this.reveal(this._wanted);
    }
  }

  private _add(pane: Pane, label: string, widget: Widget): void {
    widget.title.label = label;
    this.content.addWidget(widget);
    this._panes.set(pane, widget);
  }

  private _options: IDetailsOptions;
  private _panes = new Map<Pane, Widget>();
  private _buttons: CommandToolbarButton[] = [];
  private _shown: Cluster | undefined;
  private _status: IClusterStore['status'] | null = null;
  private _gone: Widget | null = null;
  private _wanted: Pane | null = null;
  private _name = '';
}
