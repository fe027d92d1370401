import type { ITranslator } from '@jupyterlab/translation';
import {
  CommandToolbarButton,
  ReactWidget,
  SidePanel,
  UseSignal
} from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';
import * as React from 'react';

import type { ClusterAPI } from './api';
import { CommandIDs } from './commandids';
import { clusterIcon } from './icons';
import type { IClusterStore } from './tokens';

/** The panel of the clusters in the left area; what it shows is loaded when it is looked at first. */
export class ClusterPanel extends SidePanel {
  constructor(
    private _api: ClusterAPI,
    private _store: IClusterStore,
    private _commands: CommandRegistry,
    translator: ITranslator
  ) {
    super({ content: new Panel(), translator });
    const trans = translator.load('casa_labext');
    this.id = 'casa-labext-panel';
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

  protected onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._fill ??= this._load();
    if (!this._store.profiles) {
      // The server reads them in a process of its own: not before they are needed.
      this._store.loadProfiles().catch(reason => console.warn(reason));
    }
  }

  private async _load(): Promise<void> {
    const [{ ClusterList }, { RecentSamples }] = await Promise.all([
      import('./clusterlist'),
      import('./recent')
    ]);
    const store = this._store;
    const props = {
      store,
      recent: new RecentSamples(this._api, store),
      commands: this._commands,
      trans: this.translator.load('casa_labext')
    };
    this.content.addWidget(
      ReactWidget.create(
        <UseSignal signal={store.changed}>
          {() => <ClusterList {...props} />}
        </UseSignal>
      )
    );
  }

  private _fill: Promise<void> | null = null;
}
