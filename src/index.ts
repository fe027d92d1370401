import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  MainAreaWidget,
  Notification,
  WidgetTracker
} from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { ClusterAPI } from './api';
import { CommandIDs } from './commandids';
import { addCommands } from './commands';
import { connectNewNotebooks } from './connect';
import { DashboardFrame } from './dashboard';
import { ClusterPanel } from './panel';
import { ClusterStore } from './store';
import { IClusterStore } from './tokens';

export * from './tokens';

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
    addCommands({
      app,
      api,
      store,
      dashboards,
      configurations,
      notebooks,
      trans
    });
    for (const command of [CommandIDs.create, CommandIDs.configuration]) {
      palette?.addItem({ command, category: trans.__('Dask clusters') });
    }

    const panel = new ClusterPanel(store, app.commands, languages);
    app.shell.add(panel, 'left', { rank: 200, type: 'Dask clusters' });
    restorer?.add(panel, panel.id);
    if (restorer) {
      void restorer.restore(configurations, {
        command: CommandIDs.configuration,
        name: () => 'configuration'
      });
      void restorer.restore(dashboards, {
        command: CommandIDs.dashboard,
        args: widget => ({ id: widget.content.clusterId }),
        name: widget => widget.content.clusterId
      });
    }

    let settings: ISettingRegistry.ISettings | null = null;
    registry?.load(plugin.id).then(
      loaded => (settings = loaded),
      reason => console.warn(reason)
    );
    if (notebooks) {
      const wanted = () => settings?.composite.connectNewNotebooks === true;
      connectNewNotebooks(notebooks, store, wanted, trans);
    }

    store.removed.connect((_, { name, reason }) => {
      if (reason !== null) {
        Notification.error(trans.__('%1 is gone: %2', name, reason));
      }
    });
    return store;
  }
};

export default plugin;
