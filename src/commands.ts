import type { JupyterFrontEnd } from '@jupyterlab/application';
import {
  Clipboard,
  MainAreaWidget,
  Notification,
  WidgetTracker
} from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  addIcon,
  bugIcon,
  closeIcon,
  codeIcon,
  copyIcon,
  editIcon,
  LabIcon,
  listIcon,
  refreshIcon,
  runIcon,
  settingsIcon,
  tableRowsIcon
} from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import {
  ReadonlyJSONObject,
  ReadonlyPartialJSONObject
} from '@lumino/coreutils';

import type { ClusterAPI } from './api';
import { askName, confirmShutdown } from './ask';
import { CommandIDs } from './commandids';
import { runInCurrentKernel } from './kernels/connect';
import {
  createDashboard,
  DashboardFrame,
  dashboardURL,
  IPlotOf,
  STATUS
} from './dashboards/frame';
import type { Details, Pane } from './details/details';
import {
  clusterIcon,
  dashboardIcon,
  jobsIcon,
  pinIcon,
  scaleIcon,
  shutdownIcon
} from './icons';
import { insertCell } from './insert';
import { PANEL_ID } from './panel/panel';
import { problemOf, sentenceOf } from './request';
import type { Cluster, IClusterStore } from './tokens';

export interface ICommandContext {
  app: JupyterFrontEnd;
  api: ClusterAPI;
  store: IClusterStore;
  dashboards: WidgetTracker<MainAreaWidget<DashboardFrame>>;
  configurations: WidgetTracker<MainAreaWidget>;
  details: WidgetTracker<Details>;

  /** What `layout` opens. */
  defaultLayout: () => ReadonlyArray<ILayoutPart>;

  notebooks: INotebookTracker | null;
  trans: TranslationBundle;
}

/** A plot in a layout. */
export interface ILayoutPart {
  plot: string;
  title: string;

  /** Where it goes, beside the one before. */
  mode: Mode;
}

type Mode =
  | 'split-right'
  | 'split-left'
  | 'split-top'
  | 'split-bottom'
  | 'tab-before'
  | 'tab-after';

/** Where a tab goes: beside the one with the id `ref`. */
interface IBeside {
  ref?: string;
  mode?: Mode;
}

/** A command on one cluster. */
interface IClusterCommand {
  label: string | ((cluster: Cluster | undefined) => string);
  icon: CommandRegistry.ICommandOptions['icon'];

  /** Whether it is switched on. */
  toggled?: (cluster: Cluster) => boolean;

  /** Whether the cluster allows it now. */
  allowed: (cluster: Cluster) => boolean;

  run: (cluster: Cluster, args: ReadonlyPartialJSONObject) => unknown;
  /** The properties of what it takes besides the `id`. */
  args?: ReadonlyJSONObject;
}

/** Register what can be done with clusters. */
export function addCommands(context: ICommandContext): void {
  const { app, api, store, notebooks, trans } = context;
  const { commands, shell } = app;
  const isLive = () => store.status === 'connected';

  /** Run it, and tell the user if it could not be done. */
  const attempt = async (run: () => unknown): Promise<void> => {
    try {
      await run();
    } catch (error) {
      Notification.error(sentenceOf(problemOf(error, trans)));
    }
  };

  /** Show a tab, made only if there is none with that id. */
  const show = <T extends MainAreaWidget>(
    id: string,
    make: () => T,
    options?: IBeside
  ): T => {
    let widget = Array.from(shell.widgets('main')).find(w => w.id === id) as
      T | undefined;
    if (!widget) {
      widget = make();
      widget.id = id;
      shell.add(widget, 'main', options);
    }
    shell.activateById(id);
    return widget;
  };

  /** The one that is meant: by its id, by a click with the right button, else the default one or the only one. */
  const clusterOf = (args: ReadonlyPartialJSONObject) =>
    args.id !== undefined
      ? store.get(String(args.id))
      : args.context
        ? store.get(
            app.contextMenuHitTest(node => !!node.dataset.cluster)?.dataset
              .cluster ?? ''
          )
        : (store.clusters.find(cluster => cluster.default) ??
          (store.clusters.length === 1 ? store.clusters[0] : undefined));

  const add = (command: string, options: IClusterCommand): void => {
    const { label, allowed, run, toggled } = options;
    commands.addCommand(command, {
      label: args =>
        typeof label === 'string' ? label : label(clusterOf(args)),
      icon: options.icon,
      describedBy: { args: clusterArgs(options.args) },
      isToggleable: toggled !== undefined,
      isToggled: args => {
        const cluster = clusterOf(args);
        return (
          cluster !== undefined && toggled !== undefined && toggled(cluster)
        );
      },
      isEnabled: args => {
        const cluster = clusterOf(args);
        return isLive() && cluster !== undefined && allowed(cluster);
      },
      execute: args =>
        attempt(() => {
          const cluster = clusterOf(args);
          return cluster && run(cluster, args);
        })
    });
  };

  commands.addCommand(CommandIDs.panel, {
    label: trans.__('Show the clusters'),
    describedBy: { args: {} },
    execute: () => shell.activateById(PANEL_ID)
  });

  commands.addCommand(CommandIDs.create, {
    label: args =>
      store.profiles?.profiles.find(({ name }) => name === args.profile)
        ?.title ?? trans.__('New cluster'),
    caption: args =>
      store.profiles?.profiles.find(({ name }) => name === args.profile)
        ?.description ?? '',
    icon: args => (args.profile === undefined ? addIcon : clusterIcon),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          profile: { type: 'string', description: 'The profile to begin with' }
        }
      }
    },
    isEnabled: isLive,
    execute: args =>
      attempt(async () => {
        const { openNewCluster } = await import('./launch/newcluster');
        const profile = args.profile as string | undefined;
        await openNewCluster(api, store, trans, profile);
      })
  });

  commands.addCommand(CommandIDs.configuration, {
    label: trans.__('Dask configuration'),
    icon: settingsIcon,
    describedBy: { args: {} },
    execute: () =>
      attempt(async () => {
        const { createConfiguration } =
          await import('./configuration/configuration');
        const widget = show('casa-labext-configuration', () =>
          createConfiguration(api, trans)
        );
        if (!context.configurations.has(widget)) {
          void context.configurations.add(widget);
        }
      })
  });

  commands.addCommand(CommandIDs.openDashboard, {
    label: trans.__('Open a dashboard by its address'),
    icon: dashboardIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          url: {
            type: 'string',
            description: 'The address; asked for if left out'
          }
        }
      }
    },
    execute: args =>
      attempt(async () => {
        const { openForeign } = await import('./dashboards/foreign');
        await openForeign(args.url as string | undefined, show, trans);
      })
  });

  add(CommandIDs.insertClient, {
    label: trans.__('Insert client'),
    icon: codeIcon,
    allowed: cluster => cluster.connection !== null,
    run: ({ connection }) =>
      connection && insertCell(connection.snippet, notebooks, trans)
  });

  add(CommandIDs.connect, {
    label: trans.__('Connect the current notebook or console'),
    icon: runIcon,
    allowed: cluster => cluster.connection !== null,
    run: ({ connection }) =>
      connection &&
      runInCurrentKernel(
        connection.snippet,
        shell.currentWidget,
        notebooks,
        trans
      )
  });

  add(CommandIDs.makeDefault, {
    label: cluster =>
      cluster?.default
        ? trans.__('Is the default for new kernels')
        : trans.__('Make it the default for new kernels'),
    icon: pinIcon,
    allowed: cluster => cluster.connection !== null,
    toggled: cluster => cluster.default,
    run: cluster => api.makeDefault(cluster.id, !cluster.default)
  });

  add(CommandIDs.scale, {
    label: trans.__('Scale'),
    icon: scaleIcon,
    allowed: cluster => works(cluster) && !cluster.attached,
    run: async cluster => {
      const { openScale } = await import('./launch/scale');
      await openScale(api, store, cluster, trans);
    }
  });

  /** Show one of the tabs about a cluster; also restores it, before any cluster is known. */
  const showDetails = async (id: string, pane?: Pane) => {
    const { Details } = await import('./details/details');
    const widget = show(
      `casa-labext-details-${id}`,
      () => new Details({ api, store, commands, id, open: show, trans })
    );
    if (!context.details.has(widget)) {
      void context.details.add(widget);
    }
    if (pane) {
      widget.reveal(pane);
    }
  };

  commands.addCommand(CommandIDs.details, {
    label: trans.__('Details'),
    icon: tableRowsIcon,
    describedBy: { args: clusterArgs() },
    isEnabled: args => clusterOf(args) !== undefined,
    execute: args => {
      const id = args.id ?? clusterOf(args)?.id;
      return attempt(() => id !== undefined && showDetails(String(id)));
    }
  });

  add(CommandIDs.logs, {
    label: trans.__('Logs'),
    icon: listIcon,
    allowed: () => true,
    run: ({ id }) => showDetails(id, 'logs')
  });

  add(CommandIDs.diagnose, {
    label: trans.__('Why no workers?'),
    icon: bugIcon,
    allowed: () => true,
    run: ({ id }) => showDetails(id, 'diagnosis')
  });

  add(CommandIDs.jobs, {
    label: trans.__('Jobs'),
    icon: jobsIcon,
    allowed: cluster => cluster.has_jobs,
    run: ({ id }) => showDetails(id, 'jobs')
  });

  const showPlot = (of: IPlotOf, options?: IBeside) =>
    show(
      `casa-labext-dashboard-${of.id}-${of.plot}`,
      () => {
        const { baseUrl } = api.settings;
        const widget = createDashboard(store, of, baseUrl, trans);
        void context.dashboards.add(widget);
        return widget;
      },
      options
    );

  // Not through `add`: it also restores tabs, before any cluster is known.
  commands.addCommand(CommandIDs.dashboard, {
    label: trans.__('Dashboard'),
    icon: dashboardIcon,
    describedBy: {
      args: clusterArgs({
        plot: {
          type: 'string',
          description: 'The last part of the address of a plot'
        },
        title: { type: 'string', description: 'What the plot is called' },
        name: { type: 'string', description: 'The name of the cluster' }
      })
    },
    isEnabled: args => isLive() && !!clusterOf(args)?.dashboard,
    execute: args => {
      const cluster = clusterOf(args);
      if (cluster?.dashboard && !cluster.trusted) {
        // Its scripts shall not be mistaken for ours; where it goes is the browser's business.
        window.open(cluster.dashboard, '_blank', 'noopener');
        return;
      }
      showPlot({
        id: cluster?.id ?? String(args.id),
        name: cluster?.name ?? String(args.name ?? ''),
        plot: String(args.plot ?? STATUS),
        title: String(args.title ?? trans.__('Dashboard'))
      });
    }
  });

  add(CommandIDs.plots, {
    label: trans.__('Plots of the dashboard'),
    icon: dashboardIcon,
    allowed: ({ dashboard, trusted }) => dashboard !== null && trusted,
    run: async cluster => {
      const [{ plotsOf }, { choosePlot }] = await Promise.all([
        import('./dashboards/plots'),
        import('./dashboards/choose')
      ]);
      const groups = await plotsOf(cluster, api.settings, trans);
      const plot = await choosePlot(cluster.name, groups, trans);
      if (plot) {
        showPlot({ ...plot, id: cluster.id, name: cluster.name });
      }
    }
  });

  add(CommandIDs.layout, {
    label: trans.__('Dashboard layout'),
    icon: dashboardIcon,
    allowed: cluster =>
      dashboardURL(cluster, STATUS, api.settings.baseUrl) !== null,
    run: ({ id, name }) => {
      let ref: string | undefined;
      for (const { plot, title, mode } of context.defaultLayout()) {
        const options = ref === undefined ? {} : { ref, mode };
        ref = showPlot({ id, name, plot, title }, options).id;
      }
    }
  });

  add(CommandIDs.copyAddress, {
    label: trans.__('Copy address'),
    icon: copyIcon,
    allowed: cluster => cluster.connection !== null,
    run: ({ connection }) =>
      connection && Clipboard.copyToSystem(connection.address)
  });

  add(CommandIDs.rename, {
    label: trans.__('Rename'),
    icon: editIcon,
    allowed: () => true,
    args: { name: { type: 'string', description: 'The new name' } },
    run: async (cluster, args) => {
      const name = args.name ?? (await askName(cluster, trans));
      if (typeof name === 'string' && name.trim() !== '') {
        await api.rename(cluster.id, name.trim());
      }
    }
  });

  add(CommandIDs.shutdown, {
    label: cluster => closingWord(cluster, trans),
    icon: args => closingIcon(store.get(String(args.id))),
    allowed: ({ state }) => state !== 'closing' && state !== 'closed',
    args: {
      sure: {
        type: 'boolean',
        description: 'Whether not to ask before work is lost'
      }
    },
    run: async (cluster, args) => {
      if (args.sure || (await confirmShutdown(cluster, trans))) {
        await api.close(cluster.id);
      }
    }
  });

  add(CommandIDs.extend, {
    label: trans.__('Extend'),
    icon: refreshIcon,
    allowed: ({ idle }) => idle !== null,
    run: ({ id }) => api.extend(id)
  });

  add(CommandIDs.retry, {
    label: trans.__('Retry'),
    icon: refreshIcon,
    allowed: cluster => cluster.state === 'failed',
    run: cluster => api.retry(cluster.id)
  });

  // The buttons of cards are drawn anew with each change, others are not.
  store.changed.connect(() => commands.notifyCommandChanged(CommandIDs.create));
}

/** The schema of the arguments of a command on one cluster. */
function clusterArgs(more: ReadonlyJSONObject = {}): ReadonlyJSONObject {
  return {
    type: 'object',
    properties: {
      id: {
        type: 'string',
        description:
          'The id of the cluster; the default one, or the only one, if left out'
      },
      context: {
        type: 'boolean',
        description: 'Whether the cluster of the context menu is meant'
      },
      ...more
    }
  };
}

function works({ state }: Cluster): boolean {
  return state === 'running' || state === 'degraded';
}

/** What deleting a cluster is called in a state. */
function closingWord(
  cluster: Cluster | undefined,
  trans: TranslationBundle
): string {
  switch (cluster?.state) {
    case 'starting':
      return trans.__('Cancel');
    case 'failed':
    case 'lost':
      return trans.__('Remove');
    case 'close_failed':
      return trans.__('Try again');
    default:
      return cluster?.attached ? trans.__('Detach') : trans.__('Shut down');
  }
}

function closingIcon(cluster: Cluster | undefined): LabIcon {
  switch (cluster?.state) {
    case 'running':
    case 'degraded':
      return cluster.attached ? closeIcon : shutdownIcon;
    case 'close_failed':
      return refreshIcon;
    default:
      return closeIcon;
  }
}
