import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { GroupItem, IStatusBar, TextItem } from '@jupyterlab/statusbar';
import {
  ITranslator,
  nullTranslator,
  TranslationBundle
} from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';

import { CommandIDs } from '../commandids';
import { clusterIcon } from '../icons';
import { IClusterStore } from '../tokens';

/** How many clusters and workers there are, in the status bar. */
export const statusbar: JupyterFrontEndPlugin<void> = {
  id: 'casa-labext:statusbar',
  description: 'Counts the Dask clusters in the status bar.',
  autoStart: true,
  requires: [IClusterStore, IStatusBar],
  optional: [ITranslator],
  activate: (
    app,
    store: IClusterStore,
    statusBar: IStatusBar,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('casa_labext');
    const item = ReactWidget.create(
      <UseSignal signal={store.changed}>
        {() => (
          <Summary
            store={store}
            onClick={() => void app.commands.execute(CommandIDs.panel)}
            trans={trans}
          />
        )}
      </UseSignal>
    );
    statusBar.registerStatusItem('casa-labext', {
      item,
      align: 'left',
      rank: 100,
      isActive: () => store.clusters.length > 0,
      activeStateChanged: store.changed
    });
  }
};

function Summary(props: {
  store: IClusterStore;
  onClick: () => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { store, onClick, trans } = props;
  const { clusters, status } = store;
  const live = status === 'connected';
  const workers = clusters.reduce((sum, c) => sum + c.workers.running, 0);
  const troubled = clusters.filter(({ state }) =>
    ['degraded', 'failed', 'close_failed', 'lost'].includes(state)
  );
  const words = [
    trans._n('%1 cluster', '%1 clusters', clusters.length),
    live && trans._n('%1 worker', '%1 workers', workers),
    live &&
      troubled.length > 0 &&
      trans._n('%1 needs a look', '%1 need a look', troubled.length),
    !live && trans.__('disconnected')
  ].filter(Boolean);
  return (
    <button
      className="casa-Status"
      data-trouble={live && troubled.length > 0}
      title={trans.__('Dask clusters')}
      onClick={onClick}
    >
      <GroupItem spacing={4}>
        <clusterIcon.react tag="span" stylesheet="statusBar" />
        <TextItem source={words.join(' · ')} />
      </GroupItem>
    </button>
  );
}
