import type { ISessionContext } from '@jupyterlab/apputils';
import { Notification } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Widget } from '@lumino/widgets';

/** Run code in the kernel of the current notebook or console; an Error says why it could not be. */
export async function runInKernel(
  code: string,
  current: Widget | null,
  notebooks: INotebookTracker | null,
  trans: TranslationBundle
): Promise<void> {
  const panel = hasSession(current) ? current : notebooks?.currentWidget;
  const kernel = panel?.sessionContext.session?.kernel;
  if (!panel || !kernel) {
    throw new Error(trans.__('No notebook or console with a kernel is open.'));
  }
  const { language_info: language } = await kernel.info;
  if (language.name !== 'python') {
    throw new Error(
      trans.__(
        'The client is Python code; the kernel of %1 is in %2.',
        panel.title.label,
        language.name
      )
    );
  }
  const reply = await kernel.requestExecute({ code, store_history: false })
    .done;
  const { content } = reply;
  if (content.status === 'error') {
    throw new Error(`${content.ename}: ${content.evalue}`);
  }
  Notification.success(
    trans.__('In %1 there is `client` now.', panel.title.label),
    { autoClose: 3000 }
  );
}

/** Notebooks and consoles have one, and further documents of other extensions. */
function hasSession(
  widget: Widget | null
): widget is Widget & { sessionContext: ISessionContext } {
  return widget !== null && 'sessionContext' in widget;
}
