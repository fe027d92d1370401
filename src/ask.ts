import { Dialog, InputDialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Cluster } from './tokens';

/** Ask before work is lost. */
export async function confirmShutdown(
  cluster: Cluster,
  trans: TranslationBundle
): Promise<boolean> {
  const { state } = cluster;
  const { processing, waiting } = cluster.tasks;
  if (
    cluster.attached ||
    processing + waiting === 0 ||
    (state !== 'running' && state !== 'degraded')
  ) {
    return true;
  }
  const { button } = await showDialog({
    title: trans.__('Shut down %1?', cluster.name),
    body: [
      processing > 0 &&
        trans._n(
          '%1 task is being processed and will be lost.',
          '%1 tasks are being processed and will be lost.',
          processing
        ),
      waiting > 0 &&
        trans._n(
          '%1 task is waiting and will be lost.',
          '%1 tasks are waiting and will be lost.',
          waiting
        )
    ]
      .filter(Boolean)
      .join(' '),
    buttons: [
      Dialog.cancelButton(),
      Dialog.warnButton({ label: trans.__('Shut down') })
    ]
  });
  return button.accept;
}

/** Ask for another name; null if there shall be none. */
export async function askName(
  cluster: Cluster,
  trans: TranslationBundle
): Promise<string | null> {
  const { value } = await InputDialog.getText({
    title: trans.__('Rename %1', cluster.name),
    text: cluster.name
  });
  return value;
}
