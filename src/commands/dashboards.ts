import { CommandIDs } from '../commandids';
import {
  createDashboard,
  dashboardURL,
  IPlotOf,
  STATUS
} from '../dashboards/frame';
import { dashboardIcon } from '../icons';
import { clusterArgs, IBeside, ICommandContext, ICommandTools } from './tools';

/** Register what shows dashboards. */
export function addDashboardCommands(
  context: ICommandContext,
  { isLive, attempt, show, clusterOf, add }: ICommandTools
): void {
  const { app, api, store, trans } = context;
  const { commands } = app;

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
        const { openForeign } = await import('../dashboards/foreign');
        await openForeign(args.url as string | undefined, show, trans);
      })
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
        import('../dashboards/plots'),
        import('../dashboards/choose')
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
}
