import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { keyOf, SortKey } from './joblist';
import { IJobHandlers, JobRow } from './jobrow';
import { IColumn, ISort, Table } from './table';
import type { Job } from '../tokens';

export interface IJobTableProps {
  /** The jobs as they are to be shown. */
  jobs: ReadonlyArray<Job>;

  sort: ISort<SortKey>;
  onSort: (sort: ISort<SortKey>) => void;

  /** The keys of the jobs that something is being done with. */
  busy: ReadonlySet<string>;

  /** Whether nothing can be done with the jobs. */
  disabled: boolean;

  handlers: IJobHandlers;
  trans: TranslationBundle;
}

/** The batch jobs of a cluster. */
export function JobTable(props: IJobTableProps): JSX.Element {
  const { jobs, sort, onSort, busy, disabled, handlers, trans } = props;
  return (
    <Table
      label={trans.__('Jobs')}
      rows={jobs}
      keyOf={keyOf}
      columns={columns(trans)}
      actionsWidth="120px"
      minWidth={1184}
      sort={sort}
      onSort={onSort}
      renderRow={(job, place) => (
        <JobRow
          job={job}
          {...place}
          disabled={disabled || busy.has(keyOf(job))}
          handlers={handlers}
          trans={trans}
        />
      )}
      trans={trans}
    />
  );
}

function columns(trans: TranslationBundle): IColumn<SortKey>[] {
  // The first click on a time wants the latest.
  const descending = true;
  return [
    { key: 'state', label: trans.__('State'), width: '88px' },
    { key: 'id', label: trans.__('Job'), width: '96px' },
    { key: 'worker', label: trans.__('Worker'), width: 'minmax(96px, 1fr)' },
    { key: 'reason', label: trans.__('Reason'), width: 'minmax(240px, 4fr)' },
    { key: 'host', label: trans.__('Host'), width: 'minmax(80px, 1fr)' },
    {
      key: 'submitted',
      label: trans.__('Submitted'),
      width: '100px',
      descending
    },
    { key: 'started', label: trans.__('Started'), width: '88px', descending },
    { key: 'walltime_end', label: trans.__('Walltime ends'), width: '112px' },
    { key: 'ended', label: trans.__('Ended'), width: '88px', descending },
    { key: 'exit_code', label: trans.__('Exit'), width: '68px' }
  ];
}
