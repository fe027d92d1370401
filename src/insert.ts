import { Notification } from '@jupyterlab/apputils';
import {
  INotebookTracker,
  NotebookActions,
  NotebookPanel
} from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

/** Put code into a new cell below the active one of the current notebook; it is not run. */
export function insertCell(
  code: string,
  notebooks: INotebookTracker | null,
  trans: TranslationBundle
): void {
  const panel = notebooks?.currentWidget;
  if (!panel) {
    Notification.warning(
      trans.__('No notebook is open. Open one to insert the client.')
    );
    return;
  }
  const language = languageOf(panel);
  if (language !== '' && language !== 'python') {
    Notification.warning(
      trans.__(
        'The client is Python code; the notebook %1 is in %2.',
        panel.title.label,
        language
      )
    );
    return;
  }
  NotebookActions.insertBelow(panel.content);
  panel.content.activeCell?.model.sharedModel.setSource(code);
}

/** The language of a notebook, or of its kernel; empty if neither says so. */
function languageOf(panel: NotebookPanel): string {
  const language =
    panel.model?.defaultKernelLanguage ||
    panel.sessionContext.kernelPreference.language;
  return (language ?? '').toLowerCase();
}
