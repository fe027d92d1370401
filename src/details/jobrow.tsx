import { Clipboard } from '@jupyterlab/apputils';
import { Time } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  Button,
  closeIcon,
  copyIcon,
  LabIcon,
  listIcon,
  refreshIcon,
  runIcon
} from '@jupyterlab/ui-components';
import * as React from 'react';

import { formatAge } from '../format';
import { keyOf } from './joblist';
import { IRowPlace, rowProps } from './table';
import type { Job, JobAction, JobState } from '../tokens';

/** What the buttons of a row do. */
export interface IJobHandlers {
  act: (job: Job, action: JobAction) => void;
  showLogs: (job: Job) => void;
}

export interface IJobRowProps extends IRowPlace {
  job: Job;

  /** Whether nothing can be done with it now. */
  disabled: boolean;

  handlers: IJobHandlers;

  trans: TranslationBundle;
}

const ACTION_ICONS: Record<JobAction, LabIcon> = {
  cancel: closeIcon,
  release: runIcon,
  retry: refreshIcon
};

/** A job. Drawn anew only when something of it has changed, as scrolling moves many. */
export const JobRow = React.memo(function JobRow(
  props: IJobRowProps
): JSX.Element {
  const { job, active, disabled, handlers, trans } = props;
  const words: Record<JobAction, string> = {
    cancel: trans.__('Cancel'),
    release: trans.__('Release'),
    retry: trans.__('Retry')
  };
  const button = (
    label: string,
    icon: LabIcon,
    onClick: () => void,
    idle = false
  ) => (
    <Button
      key={label}
      minimal
      small
      title={label}
      aria-label={label}
      tabIndex={active ? 0 : -1}
      disabled={idle}
      onClick={onClick}
    >
      <icon.react tag="span" elementPosition="center" />
    </Button>
  );
  return (
    <div {...rowProps(keyOf(job), props)}>
      <div role="gridcell">
        <span
          className="casa-State-mark"
          data-state={job.state}
          aria-hidden="true"
        />
        {jobStateWord(job.state, trans)}
      </div>
      <div role="gridcell" className="casa-Table-id">
        {job.id !== null && (
          <>
            <span title={job.id}>{job.id}</span>
            {button(trans.__('Copy the id'), copyIcon, () =>
              Clipboard.copyToSystem(job.id!)
            )}
          </>
        )}
      </div>
      <Text text={job.worker} />
      <Text text={job.reason} />
      <Text text={job.host} />
      <When time={job.submitted} />
      <When time={job.started} />
      <Left until={job.walltime_end} trans={trans} />
      <When time={job.ended} />
      <div role="gridcell">{job.exit_code}</div>
      <div role="gridcell" className="casa-Table-actions">
        {job.actions.map(action =>
          button(
            words[action],
            ACTION_ICONS[action],
            () => handlers.act(job, action),
            disabled
          )
        )}
        {button(trans.__('Log'), listIcon, () => handlers.showLogs(job))}
      </div>
    </div>
  );
});

function Text({ text }: { text: string | null }): JSX.Element {
  return (
    <div role="gridcell" title={text ?? undefined}>
      {text}
    </div>
  );
}

/** How long ago it was, and when. */
function When({ time }: { time: number | null }): JSX.Element {
  return (
    <div role="gridcell" title={dateOf(time)?.toLocaleString()}>
      {time !== null && Time.formatHuman(dateOf(time)!, 'short')}
    </div>
  );
}

/** How long it is until then, and when that is; JupyterLab has words for the past alone. */
function Left(props: {
  until: number | null;
  trans: TranslationBundle;
}): JSX.Element {
  const { until, trans } = props;
  return (
    <div role="gridcell" title={dateOf(until)?.toLocaleString()}>
      {until !== null &&
        trans.__('in %1', formatAge(until - Date.now() / 1000, trans))}
    </div>
  );
}

function dateOf(time: number | null): Date | null {
  return time === null ? null : new Date(time * 1000);
}

/** The word for the state of a job. */
export function jobStateWord(
  state: JobState,
  trans: TranslationBundle
): string {
  const words: Record<JobState, string> = {
    queued: trans.__('queued'),
    starting: trans.__('starting'),
    running: trans.__('running'),
    held: trans.__('held'),
    completing: trans.__('ending'),
    failed: trans.__('failed'),
    gone: trans.__('ended')
  };
  return words[state];
}
