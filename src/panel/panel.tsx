import type { ITranslator } from '@jupyterlab/translation';
import {
  CommandToolbarButton,
  ReactWidget,
  SidePanel,
  UseSignal
} from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import { Panel, Widget } from '@lumino/widgets';
import * as React from 'react';

import type { ClusterAPI } from '../api';
import { CommandIDs } from '../commandids';
import { clusterIcon } from '../icons';
import type { RecentSamples } from './recent';
import type { IClusterStore } from '../tokens';

export const PANEL_ID = 'casa-labext-panel';

/** The panel of the clusters in the left area; what it shows is loaded when it is looked at first. */
export class ClusterPanel extends SidePanel {
  constructor(
    private _api: ClusterAPI,
    private _store: IClusterStore,
    private _commands: CommandRegistry,
    private _translator: ITranslator
  ) {
    super({ content: new Panel(), translator: _translator });
    const trans = _translator.load('casa_labext');
    this.id = PANEL_ID;
    this.addClass('casa-Panel');
    this.title.icon = clusterIcon;
    this.title.caption = trans.__('Dask clusters');

    const heading = new Widget({ node: document.createElement('h2') });
    heading.node.textContent = trans.__('Clusters');
    this.header.addWidget(heading);
    this.toolbar.addItem(
      'new',
      new CommandToolbarButton({ commands: _commands, id: CommandIDs.create })
    );
    this.toolbar.addItem(
      'configuration',
      new CommandToolbarButton({
        commands: _commands,
        id: CommandIDs.configuration,
        label: ''
      })
    );
  }

  dispose(): void {
    this._recent?.dispose();
    super.dispose();
  }

  protected onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._fill ??= this._load();
    this._draw.emit();
    // They may have been mended meanwhile.
    this._store.loadProfiles().catch(reason => console.warn(reason));
  }

  protected onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this._draw.emit();
  }

  private async _load(): Promise<void> {
    const [{ ClusterList }, { RecentSamples }] = await Promise.all([
      import('./clusterlist'),
      import('./recent')
    ]);
    if (this.isDisposed) {
      return;
    }
    const store = this._store;
    const recent = (this._recent = new RecentSamples(this._api, store));
    const commands = this._commands;
    const trans = this._translator.load('casa_labext');
    const props = { store, recent, commands, trans };
    this.content.addWidget(
      ReactWidget.create(
        <UseSignal signal={this._draw}>
          {() => <ClusterList {...props} seen={this.isVisible} />}
        </UseSignal>
      )
    );
    store.changed.connect(this._follow, this);
  }

  /** What is hidden is drawn when it is shown again. */
  private _follow(): void {
    if (this.isVisible) {
      this._draw.emit();
    }
  }

  private _draw = new Signal<this, void>(this);

  private _recent: RecentSamples | null = null;
  private _fill: Promise<void> | null = null;
}
