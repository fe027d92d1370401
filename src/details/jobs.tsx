import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Job, JobAction } from '../tokens';
import { keyOf } from './joblist';
import type { JobsModel } from './jobsmodel';
import { JobsPane } from './jobspane';
import { WatchingWidget } from './watching';

/** The batch jobs of a cluster. */
export class Jobs extends WatchingWidget {
  constructor(
    private _model: JobsModel,
    private _showLog: (job: string) => void,
    private _trans: TranslationBundle
  ) {
    super(_model);
    this.addClass('casa-Jobs');
  }

  protected render(): JSX.Element {
    const handlers = {
      act: (job: Job, action: JobAction) =>
        void actOn(this._model, job, action, this._trans),
      showLogs: (job: Job) => this._showLog(keyOf(job))
    };
    return (
      <UseSignal signal={this._model.changed}>
        {() => (
          <JobsPane
            model={this._model}
            handlers={handlers}
            trans={this._trans}
          />
        )}
      </UseSignal>
    );
  }
}

/** Do it, but ask before work is lost. */
export async function actOn(
  model: JobsModel,
  job: Job,
  action: JobAction,
  trans: TranslationBundle
): Promise<void> {
  if (action === 'cancel' && job.workers > 0) {
    const { button } = await showDialog({
      title: trans.__('Cancel job %1?', keyOf(job)),
      body: trans._n(
        '%1 connected worker will be stopped.',
        '%1 connected workers will be stopped.',
        job.workers
      ),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Keep the job') }),
        Dialog.warnButton({ label: trans.__('Cancel the job') })
      ]
    });
    if (!button.accept) {
      return;
    }
  }
  await model.act(job, action);
}
