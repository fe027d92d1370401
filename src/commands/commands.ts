import { addIcon, settingsIcon } from '@jupyterlab/ui-components';

import { CommandIDs } from '../commandids';
import { clusterIcon } from '../icons';
import { PANEL_ID } from '../panel/panel';
import { addClusterCommands } from './clusters';
import { addDashboardCommands } from './dashboards';
import { commandTools, ICommandContext } from './tools';

/** Register what can be done with clusters. */
export function addCommands(context: ICommandContext): void {
  const { app, api, store, trans } = context;
  const { commands, shell } = app;
  const tools = commandTools(context);
  const { isLive, attempt, show } = tools;

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
        const { openNewCluster } = await import('../launch/newcluster');
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
          await import('../configuration/configuration');
        const widget = show('casa-labext-configuration', () =>
          createConfiguration(api, trans)
        );
        if (!context.configurations.has(widget)) {
          void context.configurations.add(widget);
        }
      })
  });

  addClusterCommands(context, tools);
  addDashboardCommands(context, tools);

  // The buttons of cards are drawn anew with each change, others are not. An open palette loses its place each time.
  let { status, profiles } = store;
  store.changed.connect(() => {
    if (store.status !== status || store.profiles !== profiles) {
      ({ status, profiles } = store);
      commands.notifyCommandChanged(CommandIDs.create);
    }
  });
}
