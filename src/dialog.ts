import { Dialog as LabDialog } from '@jupyterlab/apputils';

/** JupyterLab's dialog, which leaves Enter to those in its body that do something with it. */
export class Dialog<T> extends LabDialog<T> {
  /** Enter belongs to these, also where JupyterLab's dialogs would take it. */
  protected _evtKeydown(event: KeyboardEvent): void {
    const { key, target } = event;
    if (
      key !== 'Enter' ||
      !(target as Element).closest(
        '.jp-Dialog-body :is(textarea, summary, button, [type="search"])'
      )
    ) {
      super._evtKeydown(event);
    }
  }
}
