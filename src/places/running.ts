import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRunningSessionManagers } from '@jupyterlab/running';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { Signal } from '@lumino/signaling';

import { CommandIDs } from '../commandids';
import { clusterIcon, shutdownIcon } from '../icons';
import { stateWord } from '../state';
import { IClusterStore } from '../tokens';

/** The clusters among all that runs. */
export const running: JupyterFrontEndPlugin<void> = {
  id: 'casa-labext:running',
  description: 'Lists the Dask clusters in the panel of all that runs.',
  autoStart: true,
  requires: [IClusterStore, IRunningSessionManagers],
  optional: [ITranslator],
  activate: (
    app,
    store: IClusterStore,
    managers: IRunningSessionManagers,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('casa_labext');
    const { commands } = app;
    // The list is drawn as a whole, even while nobody looks: only when something in it is another.
    const changed = new Signal<IClusterStore, void>(store);
    let shown = '';
    store.changed.connect(() => {
      const now = JSON.stringify(
        store.clusters.map(({ id, name, state, workers }) => [
          ...[id, name, state],
          ...[workers.running, workers.requested]
        ])
      );
      if (now !== shown) {
        shown = now;
        changed.emit();
      }
    });
    managers.add({
      name: trans.__('Dask Clusters'),
      running: () =>
        store.clusters.map(({ id, name, state, workers }) => ({
          label: () => name,
          labelTitle: () => trans.__('%1: %2', name, stateWord(state, trans)),
          detail: () =>
            trans.__('%1 of %2', workers.running, workers.requested),
          icon: () => clusterIcon,
          open: () => void commands.execute(CommandIDs.details, { id }),
          shutdown: () => void commands.execute(CommandIDs.shutdown, { id })
        })),
      runningChanged: changed,
      refreshRunning: () => store.reconnect(),
      shutdownAll: () =>
        store.clusters.forEach(
          ({ id }) =>
            void commands.execute(CommandIDs.shutdown, { id, sure: true })
        ),
      shutdownItemIcon: shutdownIcon,
      shutdownLabel: trans.__('Shut Down'),
      shutdownAllLabel: trans.__('Shut Down All'),
      shutdownAllConfirmationText: () =>
        trans.__('All clusters are shut down, and what they compute is lost.')
    });
  }
};
