import {
  Dialog,
  MainAreaWidget,
  Notification,
  showDialog,
  ToolbarButton
} from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, refreshIcon, UseSignal } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import type { ClusterAPI } from './api';
import { CodeBlock } from './codeblock';
import { jobsIcon } from './icons';
import { keyOf } from './joblist';
import type { IJobHandlers } from './jobrow';
import { JobsModel } from './jobsmodel';
import { JobsPane } from './jobspane';
import { problemOf, sentenceOf } from './request';
import type { Cluster, IClusterStore, Job, JobAction } from './tokens';

/** A tab with the batch jobs of a cluster. */
export function createJobs(
  api: ClusterAPI,
  store: IClusterStore,
  cluster: Cluster,
  trans: TranslationBundle,
  showLogs: (job: string) => unknown
): MainAreaWidget {
  const model = new JobsModel(api, store, cluster.id, trans);
  const content = new JobsView(
    model,
    {
      act: (job, action) => void actOn(model, job, action, trans),
      showLogs: job => void showLogs(keyOf(job))
    },
    trans
  );
  const widget = new MainAreaWidget({ content });
  widget.title.icon = jobsIcon;
  const follow = () => {
    const name = model.cluster?.name;
    if (name !== undefined) {
      widget.title.label = trans.__('Jobs — %1', name);
    }
  };
  model.changed.connect(follow);
  follow();
  widget.toolbar.addItem(
    'refresh',
    new ToolbarButton({
      icon: refreshIcon,
      tooltip: trans.__('Refresh the jobs'),
      onClick: () => void model.refresh()
    })
  );
  widget.toolbar.addItem(
    'submitted',
    new ToolbarButton({
      label: trans.__('What was submitted'),
      onClick: () => void showSubmitted(api, cluster.id, trans)
    })
  );
  return widget;
}

/** Asks for the jobs only while it is seen. */
class JobsView extends ReactWidget {
  constructor(
    private _model: JobsModel,
    private _handlers: IJobHandlers,
    private _trans: TranslationBundle
  ) {
    super();
    this.addClass('casa-Jobs');
  }

  dispose(): void {
    this._model.dispose();
    super.dispose();
  }

  protected render(): JSX.Element {
    return (
      <UseSignal signal={this._model.changed}>
        {() => (
          <JobsPane
            model={this._model}
            handlers={this._handlers}
            trans={this._trans}
          />
        )}
      </UseSignal>
    );
  }

  protected onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._model.shown = this.isVisible;
  }

  protected onAfterShow(): void {
    this._model.shown = true;
  }

  protected onBeforeHide(): void {
    this._model.shown = false;
  }

  protected onBeforeDetach(msg: Message): void {
    this._model.shown = false;
    super.onBeforeDetach(msg);
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

/** Show what the batch system got for the latest job. */
async function showSubmitted(
  api: ClusterAPI,
  id: string,
  trans: TranslationBundle
): Promise<void> {
  try {
    const title = trans.__('What was submitted');
    const { text } = await api.submitted(id);
    const body =
      text === null
        ? trans.__('Nothing has been submitted yet.')
        : ReactWidget.create(
            <CodeBlock text={text} label={title} trans={trans} />
          );
    const buttons = [Dialog.okButton({ label: trans.__('Close') })];
    await showDialog({ title, body, buttons });
  } catch (error) {
    Notification.error(sentenceOf(problemOf(error, trans)));
  }
}
