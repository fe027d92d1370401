import { MainAreaWidget, ToolbarButton } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { IFrame, launchIcon } from '@jupyterlab/ui-components';

import { dashboardIcon } from './icons';
import type { IClusterStore } from './tokens';

/** A frame that shows the dashboard of a cluster, and goes when the cluster goes. */
export class DashboardFrame extends IFrame {
  constructor(
    private _store: IClusterStore,
    readonly clusterId: string,
    private _baseUrl: string,
    private _trans: TranslationBundle
  ) {
    super({ sandbox: ['allow-scripts', 'allow-same-origin'] });
    this.title.icon = dashboardIcon;
    this.title.label = _trans.__('Dashboard');
    this.title.closable = true;
    _store.changed.connect(this._follow, this);
    this._follow();
  }

  dispose(): void {
    this._store.changed.disconnect(this._follow, this);
    super.dispose();
  }

  /** A restored frame is there before the store knows its cluster. */
  private _follow(): void {
    const cluster = this._store.get(this.clusterId);
    if (!cluster) {
      if (this._store.status === 'connected') {
        this.dispose();
      }
      return;
    }
    this.title.label = this._trans.__('Dashboard — %1', cluster.name);
    const url = cluster.dashboard
      ? dashboardURL(cluster.dashboard, this._baseUrl)
      : null;
    if (url && url !== this._url) {
      this._url = url;
      this.url = url;
    }
  }

  private _url = '';
}

/** A tab with the dashboard of a cluster. */
export function createDashboard(
  store: IClusterStore,
  clusterId: string,
  baseUrl: string,
  trans: TranslationBundle
): MainAreaWidget<DashboardFrame> {
  const content = new DashboardFrame(store, clusterId, baseUrl, trans);
  const widget = new MainAreaWidget({ content });
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

/** The address of a dashboard; null if it is none that a frame may show. */
export function dashboardURL(path: string, baseUrl: string): string | null {
  const url = new URL(path, new URL(baseUrl, location.href));
  return ['http:', 'https:'].includes(url.protocol) ? url.href : null;
}
