import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';

/** A widget whose model asks the server for something only while it is seen. */
export abstract class WatchingWidget extends ReactWidget {
  constructor(private _watched: { shown: boolean; dispose(): void }) {
    super();
  }

  dispose(): void {
    this._watched.dispose();
    super.dispose();
  }

  protected onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._watched.shown = this.isVisible;
  }

  protected onAfterShow(): void {
    this._watched.shown = true;
  }

  protected onBeforeHide(): void {
    this._watched.shown = false;
  }

  protected onBeforeDetach(msg: Message): void {
    this._watched.shown = false;
    super.onBeforeDetach(msg);
  }
}
