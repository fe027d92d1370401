import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  MainAreaWidget,
  WidgetTracker
} from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { ClusterAPI } from './api';
import { CommandIDs } from './commandids';
import { addCommands } from './commands/commands';
import type { ILayoutPart } from './commands/tools';
import { connectNewNotebooks } from './kernels/connect';
import type { DashboardFrame } from './dashboards/frame';
import type { Details } from './details/details';
import { ClusterPanel } from './panel/panel';
import { ClusterStore } from './store';
import { kernelChip } from './kernels/plugin';
import { launcher } from './places/launcher';
import { notifications } from './places/notifications';
import { running } from './places/running';
import { statusbar } from './places/statusbar';
import { IClusterStore } from './tokens';

export * from './tokens';

/** The commands in the palette: those on a cluster mean the default one there, or the only one. */
const PALETTE = [
  CommandIDs.panel,
  CommandIDs.create,
  CommandIDs.configuration,
  CommandIDs.openDashboard,
  CommandIDs.insertClient,
  CommandIDs.connect,
  CommandIDs.scale,
  CommandIDs.details,
  CommandIDs.diagnose,
  CommandIDs.dashboard,
  CommandIDs.plots,
  CommandIDs.layout,
  CommandIDs.extend,
  CommandIDs.shutdown
];

const plugin: JupyterFrontEndPlugin<IClusterStore> = {
  id: 'casa-labext:plugin',
  description: 'Shows and manages Dask clusters.',
  autoStart: true,
  provides: IClusterStore,
  optional: [
    ICommandPalette,
    ILayoutRestorer,
    INotebookTracker,
    ISettingRegistry,
    ITranslator
  ],
  activate: (
    app: JupyterFrontEnd,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    notebooks: INotebookTracker | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ): IClusterStore => {
    const languages = translator ?? nullTranslator;
    const trans = languages.load('casa_labext');
    const api = new ClusterAPI(app.serviceManager.serverSettings);
    const store = new ClusterStore(api);
    const dashboards = new WidgetTracker<MainAreaWidget<DashboardFrame>>({
      namespace: 'casa-labext-dashboards'
    });
    const configurations = new WidgetTracker<MainAreaWidget>({
      namespace: 'casa-labext-configuration'
    });
    const details = new WidgetTracker<Details>({
      namespace: 'casa-labext-details'
    });
    let settings: ISettingRegistry.ISettings | null = null;
    registry?.load(plugin.id).then(
      loaded => (settings = loaded),
      reason => console.warn(reason)
    );
    addCommands({
      app,
      api,
      store,
      dashboards,
      configurations,
      details,
      defaultLayout: () =>
        (settings?.composite.defaultLayout ?? []) as unknown as ILayoutPart[],
      notebooks,
      trans
    });
    for (const command of PALETTE) {
      palette?.addItem({ command, category: trans.__('Dask clusters') });
    }

    const panel = new ClusterPanel(api, store, app.commands, languages);
    app.shell.add(panel, 'left', { rank: 200, type: 'Dask clusters' });
    restorer?.add(panel, panel.id);
    if (restorer) {
      void restorer.restore(configurations, {
        command: CommandIDs.configuration,
        name: () => 'configuration'
      });
      void restorer.restore(dashboards, {
        command: CommandIDs.dashboard,
        args: widget => ({ ...widget.content.of }),
        name: ({ content: { of } }) => `${of.id}-${of.plot}`
      });
      void restorer.restore(details, {
        command: CommandIDs.details,
        args: widget => ({ id: widget.clusterId }),
        name: widget => widget.clusterId
      });
    }

    if (notebooks) {
      const wanted = () => settings?.composite.connectNewNotebooks === true;
      connectNewNotebooks(notebooks, store, wanted, trans);
    }

    return store;
  }
};

export default [
  plugin,
  kernelChip,
  running,
  statusbar,
  launcher,
  notifications
];
