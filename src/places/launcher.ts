import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { DisposableSet } from '@lumino/disposable';

import { CommandIDs } from '../commandids';
import { IClusterStore } from '../tokens';

/** A card for each profile that can be launched. */
export const launcher: JupyterFrontEndPlugin<void> = {
  id: 'casa-labext:launcher',
  description: 'Shows the profiles of Dask clusters in the launcher.',
  autoStart: true,
  requires: [IClusterStore, ILauncher],
  optional: [ITranslator],
  activate: (
    app,
    store: IClusterStore,
    cards: ILauncher,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('casa_labext');
    let shown = '';
    let added = new DisposableSet();
    const show = () => {
      const offered = store.profiles?.profiles ?? [];
      const names = offered.filter(p => p.unavailable === null);
      if (JSON.stringify(names) === shown) {
        return;
      }
      shown = JSON.stringify(names);
      added.dispose();
      added = new DisposableSet();
      names.forEach(({ name: profile }, rank) =>
        added.add(
          cards.add({
            command: CommandIDs.create,
            args: { profile },
            category: trans.__('Dask'),
            rank
          })
        )
      );
    };
    store.changed.connect(show);
    void app.restored
      .then(() => store.profiles ?? store.loadProfiles())
      .catch(reason => console.warn(reason));
  }
};
