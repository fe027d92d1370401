import type { JupyterFrontEnd } from '@jupyterlab/application';
import {
  MainAreaWidget,
  Notification,
  WidgetTracker
} from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import {
  ReadonlyJSONObject,
  ReadonlyPartialJSONObject
} from '@lumino/coreutils';

import type { ClusterAPI } from '../api';
import type { DashboardFrame } from '../dashboards/frame';
import type { Details } from '../details/details';
import { problemOf, sentenceOf } from '../request';
import type { Cluster, IClusterStore } from '../tokens';

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
export interface IBeside {
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

/** What commands are made of. */
export interface ICommandTools {
  isLive: () => boolean;

  /** Run it, and tell the user if it could not be done. */
  attempt: (run: () => unknown) => Promise<void>;

  /** Show a tab, made only if there is none with that id. */
  show: <T extends MainAreaWidget>(
    id: string,
    make: () => T,
    options?: IBeside
  ) => T;

  /** The one that is meant: by its id, by a click with the right button, else the default one or the only one. */
  clusterOf: (args: ReadonlyPartialJSONObject) => Cluster | undefined;

  /** Add a command on one cluster. */
  add: (command: string, options: IClusterCommand) => void;
}

export function commandTools(context: ICommandContext): ICommandTools {
  const { app, store, trans } = context;
  const { commands, shell } = app;
  const isLive = () => store.status === 'connected';

  const attempt = async (run: () => unknown): Promise<void> => {
    try {
      await run();
    } catch (error) {
      Notification.error(sentenceOf(problemOf(error, trans)));
    }
  };

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

  return { isLive, attempt, show, clusterOf, add };
}

/** The schema of the arguments of a command on one cluster. */
export function clusterArgs(more: ReadonlyJSONObject = {}): ReadonlyJSONObject {
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
