import type { TranslationBundle } from '@jupyterlab/translation';
import { UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ClusterAPI } from '../api';
import { FormDialog, FormModel } from './formdialog';
import { sentenceOf } from '../request';
import { draftOf, ISizeDraft, problemInSize, sizeOf } from './size';
import { SizeControl } from './sizecontrol';
import type { Cluster, IClusterStore } from '../tokens';
import { WorkerBar } from '../workerbar';

/** Ask for another size of a cluster, and apply it. */
export async function openScale(
  api: ClusterAPI,
  store: IClusterStore,
  cluster: Cluster,
  trans: TranslationBundle
): Promise<void> {
  const model = new ScaleModel(api, cluster, trans);
  await new FormDialog({
    title: trans.__('Scale %1', cluster.name),
    accept: trans.__('Apply'),
    model,
    view: () => (
      <UseSignal signal={store.changed}>
        {() => (
          <ScaleForm
            model={model}
            cluster={store.get(cluster.id) ?? cluster}
            trans={trans}
          />
        )}
      </UseSignal>
    )
  }).launch();
}

class ScaleModel extends FormModel {
  constructor(
    private _api: ClusterAPI,
    private _cluster: Cluster,
    trans: TranslationBundle
  ) {
    super(trans);
    this.draft = draftOf(_cluster.size, _cluster.maximum_workers);
  }

  draft: ISizeDraft;

  edit(draft: ISizeDraft): void {
    this.draft = draft;
    this.edited();
  }

  protected send(): Promise<unknown> {
    return this._api.resize(this._cluster.id, sizeOf(this.draft));
  }
}

function ScaleForm(props: {
  model: ScaleModel;
  cluster: Cluster;
  trans: TranslationBundle;
}): JSX.Element {
  const { model, cluster, trans } = props;
  return (
    <div className="casa-Scale">
      <WorkerBar
        counts={cluster.workers}
        reasons={cluster.reasons}
        trans={trans}
      />
      <SizeControl
        draft={model.draft}
        limit={cluster.maximum_workers}
        error={model.problem ? sentenceOf(model.problem) : undefined}
        onChange={draft => model.edit(draft)}
        trans={trans}
      />
      <div className="casa-Scale-effect" aria-live="polite">
        {effectOf(model.draft, cluster, trans)}
      </div>
    </div>
  );
}

/** What applying the draft does, in words. */
export function effectOf(
  draft: ISizeDraft,
  cluster: Cluster,
  trans: TranslationBundle
): string {
  if (problemInSize(draft, cluster.maximum_workers, trans)) {
    return '';
  }
  if (draft.mode === 'adaptive') {
    return trans.__(
      'The number of workers follows the load, from %1 to %2.',
      draft.minimum,
      draft.maximum
    );
  }
  const more = Number(draft.workers) - cluster.workers.requested;
  if (more > 0) {
    return trans._n('Starts %1 worker.', 'Starts %1 workers.', more);
  }
  if (more === 0) {
    return trans.__('No change of the number of workers.');
  }
  const stops = trans._n('Stops %1 worker.', 'Stops %1 workers.', -more);
  const { processing } = cluster.tasks;
  const loses = trans._n(
    '%1 task is being processed.',
    '%1 tasks are being processed.',
    processing
  );
  return processing > 0 ? `${stops} ${loses}` : stops;
}
