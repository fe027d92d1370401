import { MainAreaWidget, ToolbarButton } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { IFrame, launchIcon } from '@jupyterlab/ui-components';
import { Panel, Widget } from '@lumino/widgets';

import { dashboardIcon } from '../icons';
import type { Cluster, IClusterStore } from '../tokens';

/** The page with everything; all others are single plots. */
export const STATUS = 'status';

/** Which plot of which cluster. */
export interface IPlotOf {
  /** The id of the cluster. */
  id: string;

  /** Its name: one that starts anew under the same name is meant, too. */
  name: string;

  /** The last part of its address. */
  plot: string;

  /** What the plot is called. */
  title: string;
}

/** A frame that shows a plot of a cluster, says when the cluster has gone, and shows the plot again when it is back. */
export class DashboardFrame extends Panel {
  constructor(
    private _store: IClusterStore,
    readonly of: IPlotOf,
    private _baseUrl: string,
    private _trans: TranslationBundle
  ) {
    super();
    this.addClass('casa-Dashboard');
    this._note = new Widget();
    this._note.addClass('casa-Dashboard-note');
    this._note.node.setAttribute('role', 'status');
    this._frame = new IFrame({
      // Bokeh needs the server's own origin. Only for clusters that may have it: see `dashboardURL`.
      sandbox: ['allow-scripts', 'allow-same-origin']
    });
    this.addWidget(this._note);
    this.addWidget(this._frame);
    this.title.icon = dashboardIcon;
    this.title.closable = true;
    _store.changed.connect(this._follow, this);
    this._follow();
  }

  /** What is shown; empty if nothing is. */
  get url(): string {
    return this._url;
  }

  dispose(): void {
    this._store.changed.disconnect(this._follow, this);
    super.dispose();
  }

  private _follow(): void {
    const cluster = this._cluster();
    const trans = this._trans;
    const name = cluster?.name ?? this.of.name;
    this.title.label = trans.__('%1 — %2', this.of.title, name);
    const url = cluster
      ? dashboardURL(cluster, this.of.plot, this._baseUrl)
      : null;
    const live = this._store.status === 'connected';
    // What has lost its own connection meanwhile is told to load again.
    if (url !== null && (url !== this._url || (live && !this._live))) {
      this._frame.url = this._url = url;
    } else if (url === null && this._url !== '') {
      this._url = '';
      this._frame.url = 'about:blank';
    }
    this._live = live;
    this._frame.setHidden(url === null);
    this._note.node.textContent = this._words(cluster, url, name);
  }

  /** What there is to say in the place of the plot, or above it. */
  private _words(
    cluster: Cluster | undefined,
    url: string | null,
    name: string
  ): string {
    const trans = this._trans;
    if (this._store.status !== 'connected') {
      return trans.__(
        'No WebSocket to the server: plots stay as they are or empty. Something between may block WebSockets.'
      );
    }
    if (!cluster) {
      return trans.__('%1 is gone. The plot comes back when it does.', name);
    }
    return url === null ? trans.__('%1 has no dashboard now.', name) : '';
  }

  private _cluster(): Cluster | undefined {
    const { id, name } = this.of;
    return (
      this._store.get(id) ??
      this._store.clusters.find(cluster => cluster.name === name)
    );
  }

  private _frame: IFrame;
  private _note: Widget;
  private _url = '';
  private _live = false;
}

/** A tab with a plot. */
export function createDashboard(
  store: IClusterStore,
  of: IPlotOf,
  baseUrl: string,
  trans: TranslationBundle
): MainAreaWidget<DashboardFrame> {
  const content = new DashboardFrame(store, of, baseUrl, trans);
  const widget = new MainAreaWidget({ content });
  widget.addClass('casa-DashboardTab');
  widget.toolbar.addItem(
    'browser',
    new ToolbarButton({
      icon: launchIcon,
      label: trans.__('Open in a browser tab'),
      onClick: () => window.open(content.url, '_blank', 'noopener')
    })
  );
  return widget;
}

/**
 * The address of a plot; null if a frame may not show it: its scripts would have all rights of the user on this server,
 * which only clusters get that this server has launched or the operator trusts.
 */
export function dashboardURL(
  cluster: Cluster,
  plot: string,
  baseUrl: string
): string | null {
  const { dashboard, trusted } = cluster;
  if (dashboard === null || !trusted) {
    return null;
  }
  const url = new URL(dashboard, new URL(baseUrl, location.href));
  url.pathname = url.pathname.replace(/[^/]*$/, plot);
  return ['http:', 'https:'].includes(url.protocol) ? url.href : null;
}
