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
  closeIcon,
  codeIcon,
  copyIcon,
  editIcon,
  LabIcon,
  listIcon,
  refreshIcon,
  runIcon,
  settingsIcon
} from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import {
  ReadonlyJSONObject,
  ReadonlyPartialJSONObject
} from '@lumino/coreutils';

import type { ClusterAPI } from './api';
import { askName, confirmShutdown } from './ask';
import { CommandIDs } from './commandids';
import { runInCurrentKernel } from './connect';
import { createDashboard, DashboardFrame } from './dashboard';
import {
  dashboardIcon,
  jobsIcon,
  pinIcon,
  scaleIcon,
  shutdownIcon
} from './icons';
import { insertCell } from './insert';
import { problemOf, sentenceOf } from './request';
import type { Cluster, IClusterStore } from './tokens';

export interface ICommandContext {
  app: JupyterFrontEnd;
  api: ClusterAPI;
  store: IClusterStore;
  dashboards: WidgetTracker<MainAreaWidget<DashboardFrame>>;
  configurations: WidgetTracker<MainAreaWidget>;
  notebooks: INotebookTracker | null;
  trans: TranslationBundle;
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
  const { app, api, store, dashboards, configurations, notebooks, trans } =
    context;
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
  const show = (id: string, make: () => MainAreaWidget): MainAreaWidget => {
    let widget = Array.from(shell.widgets('main')).find(w => w.id === id) as
      MainAreaWidget | undefined;
    if (!widget) {
      widget = make();
      widget.id = id;
      shell.add(widget, 'main');
    }
    shell.activateById(id);
    return widget;
  };

  const add = (command: string, options: IClusterCommand): void => {
    const { label, allowed, run, toggled } = options;
    const clusterOf = (args: ReadonlyPartialJSONObject) =>
      store.get(String(args.id));
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

  commands.addCommand(CommandIDs.create, {
    label: trans.__('New cluster'),
    icon: addIcon,
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
        const { openNewCluster } = await import('./newcluster');
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
        const { createConfiguration } = await import('./configuration');
        const widget = show('casa-labext-configuration', () =>
          createConfiguration(api, trans)
        );
        if (!configurations.has(widget)) {
          void configurations.add(widget);
        }
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
      const { openScale } = await import('./scale');
      await openScale(api, store, cluster, trans);
    }
  });

  add(CommandIDs.logs, {
    label: trans.__('Logs'),
    icon: listIcon,
    allowed: () => true,
    run: async cluster => {
      const { createLogs } = await import('./logs');
      show(`casa-labext-logs-${cluster.id}`, () =>
        createLogs(api, cluster, trans)
      );
    }
  });

  add(CommandIDs.jobs, {
    label: trans.__('Jobs'),
    icon: jobsIcon,
    allowed: cluster => cluster.has_jobs,
    run: async cluster => {
      const [{ createJobs }, { createJobLogs }] = await Promise.all([
        import('./jobs'),
        import('./logs')
      ]);
      show(`casa-labext-jobs-${cluster.id}`, () =>
        createJobs(api, store, cluster, trans, job =>
          show(`casa-labext-job-logs-${cluster.id}-${job}`, () =>
            createJobLogs(api, cluster, job, trans)
          )
        )
      );
    }
  });

  // Not through `add`: it also restores tabs, before any cluster is known.
  commands.addCommand(CommandIDs.dashboard, {
    label: trans.__('Dashboard'),
    icon: dashboardIcon,
    describedBy: { args: clusterArgs() },
    isEnabled: args => isLive() && !!store.get(String(args.id))?.dashboard,
    execute: args => {
      const id = String(args.id);
      show(`casa-labext-dashboard-${id}`, () => {
        const { baseUrl } = api.settings;
        const widget = createDashboard(store, id, baseUrl, trans);
        void dashboards.add(widget);
        return widget;
      });
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
    run: async cluster => {
      if (await confirmShutdown(cluster, trans)) {
        await api.close(cluster.id);
      }
    }
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
    required: ['id'],
    properties: {
      id: { type: 'string', description: 'The id of the cluster' },
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
