import type { TranslationBundle } from '@jupyterlab/translation';
import { Button, InputGroup } from '@jupyterlab/ui-components';
import * as React from 'react';

import {
  countStates,
  IJobFilter,
  JOB_STATES,
  NEWEST_FIRST,
  NO_FILTER,
  selectJobs
} from './joblist';
import { IJobHandlers, jobStateWord } from './jobrow';
import type { JobsModel } from './jobsmodel';
import { JobTable } from './jobtable';
import { ProblemLine } from '../problemline';
import type { Job, JobState } from '../tokens';
import '../../style/jobs.css';

export interface IJobsPaneProps {
  model: JobsModel;
  handlers: IJobHandlers;
  trans: TranslationBundle;
}

/** The jobs of a cluster, with what chooses among them. */
export function JobsPane(props: IJobsPaneProps): JSX.Element {
  const { model, handlers, trans } = props;
  const { jobs } = model;
  const [filter, setFilter] = React.useState(NO_FILTER);
  const [sort, setSort] = React.useState(NEWEST_FIRST);
  const chosen = React.useMemo(
    () => selectJobs(jobs ?? [], filter, sort),
    [jobs, filter, sort]
  );
  return (
    <>
      <Notes model={model} trans={trans} />
      {jobs && (
        <Filter
          jobs={jobs}
          chosen={chosen.length}
          filter={filter}
          onChange={setFilter}
          trans={trans}
        />
      )}
      {chosen.length > 0 ? (
        <JobTable
          jobs={chosen}
          sort={sort}
          onSort={setSort}
          busy={model.busy}
          disabled={!model.live}
          handlers={handlers}
          trans={trans}
        />
      ) : (
        <div className="casa-Jobs-note">{emptyWords(jobs, model, trans)}</div>
      )}
    </>
  );
}

/** Why there is no table. */
function emptyWords(
  jobs: ReadonlyArray<Job> | null,
  model: JobsModel,
  trans: TranslationBundle
): string {
  if (jobs === null) {
    return model.live && !model.problem ? trans.__('Asking for the jobs…') : '';
  }
  return jobs.length === 0
    ? trans.__('No jobs.')
    : trans.__('No job matches the filter.');
}

/** What is wrong, above the rows of before. */
function Notes(props: {
  model: JobsModel;
  trans: TranslationBundle;
}): JSX.Element {
  const { model, trans } = props;
  const note = model.gone
    ? trans.__('This cluster is gone.')
    : !model.live && trans.__('Disconnected from the server.');
  return (
    <div className="casa-Jobs-notes">
      <div role="status">{note}</div>
      {model.live && model.problem && <ProblemLine text={model.problem} />}
      {model.refusal && <ProblemLine text={model.refusal} />}
    </div>
  );
}

/** Which jobs to show: by state, and by what is typed. */
function Filter(props: {
  jobs: ReadonlyArray<Job>;
  chosen: number;
  filter: IJobFilter;
  onChange: (filter: IJobFilter) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { jobs, chosen, filter, onChange, trans } = props;
  const counts = React.useMemo(() => countStates(jobs), [jobs]);
  const toggle = (state: JobState) => {
    const states = new Set(filter.states);
    if (!states.delete(state)) {
      states.add(state);
    }
    onChange({ ...filter, states });
  };
  return (
    <div className="casa-Jobs-filter">
      <InputGroup
        type="search"
        aria-label={trans.__('Filter jobs')}
        placeholder={trans.__('Filter')}
        rightIcon="ui-components:search"
        value={filter.text}
        onChange={event => onChange({ ...filter, text: event.target.value })}
      />
      <div role="group" aria-label={trans.__('States')}>
        {JOB_STATES.filter(
          state => counts.has(state) || filter.states.has(state)
        ).map(state => (
          <Button
            key={state}
            className="casa-Chip jp-mod-styled"
            small
            aria-pressed={filter.states.has(state)}
            onClick={() => toggle(state)}
          >
            {counts.get(state) ?? 0} {jobStateWord(state, trans)}
          </Button>
        ))}
      </div>
      <span className="casa-Jobs-count">
        {chosen === jobs.length
          ? trans._n('%1 job', '%1 jobs', jobs.length)
          : trans.__('%1 of %2 jobs', chosen, jobs.length)}
      </span>
    </div>
  );
}
