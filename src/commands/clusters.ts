import { Clipboard } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  bugIcon,
  closeIcon,
  codeIcon,
  copyIcon,
  editIcon,
  LabIcon,
  listIcon,
  refreshIcon,
  runIcon,
  tableRowsIcon
} from '@jupyterlab/ui-components';

import { askName, confirmShutdown } from '../ask';
import { CommandIDs } from '../commandids';
import type { Pane } from '../details/details';
import { jobsIcon, pinIcon, scaleIcon, shutdownIcon } from '../icons';
import { insertCell } from '../insert';
import { runInCurrentKernel } from '../kernels/connect';
import type { Cluster } from '../tokens';
import { clusterArgs, ICommandContext, ICommandTools } from './tools';

/** Register what can be done with one cluster, but for its dashboards. */
export function addClusterCommands(
  context: ICommandContext,
  { attempt, show, clusterOf, add }: ICommandTools
): void {
  const { app, api, store, notebooks, trans } = context;
  const { commands, shell } = app;

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
    allowed: cluster => works(cluster) && cluster.scales,
    run: async cluster => {
      const { openScale } = await import('../launch/scale');
      await openScale(api, store, cluster, trans);
    }
  });

  /** Show one of the tabs about a cluster; also restores it, before any cluster is known. */
  const showDetails = async (id: string, pane?: Pane) => {
    const { Details } = await import('../details/details');
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
