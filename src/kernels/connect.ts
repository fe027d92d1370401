import type { ISessionContext } from '@jupyterlab/apputils';
import { Notification } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Widget } from '@lumino/widgets';

import { problemOf } from '../request';
import type { Cluster, IClusterStore } from '../tokens';

/** Run code in the kernel of the current notebook or console; an Error says why it could not be. */
export async function runInCurrentKernel(
  code: string,
  current: Widget | null,
  notebooks: INotebookTracker | null,
  trans: TranslationBundle
): Promise<void> {
  const panel = hasSession(current) ? current : notebooks?.currentWidget;
  // It may be starting still.
  await panel?.sessionContext.ready;
  const kernel = panel?.sessionContext.session?.kernel;
  if (!panel || !kernel) {
    throw new Error(trans.__('No notebook or console with a kernel is open.'));
  }
  const name = panel.title.label;
  const language = await languageOf(kernel);
  if (language !== 'python') {
    throw new Error(
      trans.__(
        'The client is Python code; the kernel of %1 is in %2.',
        name,
        language
      )
    );
  }
  await run(code, kernel, trans);
  Notification.success(trans.__('In %1 there is `client` now.', name), {
    autoClose: 3000
  });
}

/** While it is wanted, connect the Python kernel of each notebook that opens or restarts, unless it has a `client`. */
export function connectNewNotebooks(
  notebooks: INotebookTracker,
  store: IClusterStore,
  wanted: () => boolean,
  trans: TranslationBundle
): void {
  const connect = async (kernel: Kernel.IKernelConnection, name: string) => {
    const snippet = clusterFor(store)?.connection?.snippet;
    if (!wanted() || !snippet || (await languageOf(kernel)) !== 'python') {
      return;
    }
    const lines = snippet.split('\n').map(line => `    ${line}`);
    await run(
      ['if "client" not in globals():', ...lines].join('\n'),
      kernel,
      trans
    ).catch(error =>
      Notification.warning(
        trans.__(
          '%1 is not connected: %2',
          name,
          problemOf(error, trans).message
        )
      )
    );
  };
  notebooks.widgetAdded.connect((_, panel) => {
    const { sessionContext, title } = panel;
    // Emitted after a restart too.
    sessionContext.kernelChanged.connect((_, { newValue }) => {
      if (newValue) {
        void connect(newValue, title.label);
      }
    });
  });
}

/** The cluster that kernels are meant to use: the default one, or the only one. */
export function clusterFor({ clusters }: IClusterStore): Cluster | undefined {
  const there = clusters.filter(cluster => cluster.connection);
  return (
    there.find(cluster => cluster.default) ??
    (there.length === 1 ? there[0] : undefined)
  );
}

/**
 * Run code that leaves no trace in the history; an Error says what it raised.
 * `heard` gets what the kernel says about this code, whatever else it runs.
 */
export async function run(
  code: string,
  kernel: Kernel.IKernelConnection,
  trans: TranslationBundle,
  heard: (message: KernelMessage.IIOPubMessage) => void = () => undefined
): Promise<void> {
  const future = kernel.requestExecute({
    code,
    store_history: false,
    // Cells that wait behind it run all the same.
    stop_on_error: false
  });
  future.onIOPub = heard;
  const { content } = await future.done;
  if (content.status === 'error') {
    throw new Error(`${content.ename}: ${content.evalue}`);
  }
  if (content.status !== 'ok') {
    // A cell that fails takes with it all that waits behind it.
    throw new Error(
      trans.__('The kernel did not run it: what it ran before has failed.')
    );
  }
}

export async function languageOf(
  kernel: Kernel.IKernelConnection
): Promise<string> {
  return (await kernel.info).language_info.name;
}

/** Notebooks and consoles have one, and further documents of other extensions. */
function hasSession(
  widget: Widget | null
): widget is Widget & { sessionContext: ISessionContext } {
  return widget !== null && 'sessionContext' in widget;
}
