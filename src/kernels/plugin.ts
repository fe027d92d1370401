import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISessionContext, IToolbarWidgetRegistry } from '@jupyterlab/apputils';
import { IConsoleTracker } from '@jupyterlab/console';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Panel } from '@lumino/widgets';

import { IClusterStore } from '../tokens';

/** The name of the chip among the items of a toolbar. */
const ITEM = 'casa-labext-cluster';

/** Shows in notebooks and consoles which cluster their kernel uses. */
export const kernelChip: JupyterFrontEndPlugin<void> = {
  id: 'casa-labext:kernel-chip',
  description: 'Shows the Dask cluster of a kernel in its toolbar.',
  autoStart: true,
  requires: [IClusterStore],
  optional: [IToolbarWidgetRegistry, IConsoleTracker, ITranslator],
  activate: (
    app,
    store: IClusterStore,
    toolbars: IToolbarWidgetRegistry | null,
    consoles: IConsoleTracker | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('casa_labext');
    const make = (session: ISessionContext) => {
      const place = new Panel();
      void Promise.all([import('./chip'), import('./link')]).then(
        ([{ Chip }, { KernelLink }]) => {
          if (!place.isDisposed) {
            const link = new KernelLink(session, store, trans);
            place.addWidget(new Chip(link, store, app.commands, trans));
          }
        }
      );
      return place;
    };
    toolbars?.addFactory<NotebookPanel>('Notebook', ITEM, panel =>
      make(panel.sessionContext)
    );
    consoles?.widgetAdded.connect((_, panel) => {
      panel.toolbar.addItem(ITEM, make(panel.sessionContext));
    });
  }
};
