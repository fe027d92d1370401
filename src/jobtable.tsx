import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { ISort, keyOf, SortKey } from './joblist';
import { IJobHandlers, JobRow } from './jobrow';
import type { Job } from './tokens';
import { useWindow } from './window';

/** The height of a row, and that of the header, in pixels. */
const ROW_HEIGHT = 28;

export interface IJobTableProps {
  /** The jobs as they are to be shown. */
  jobs: ReadonlyArray<Job>;

  sort: ISort;
  onSort: (sort: ISort) => void;

  /** The keys of the jobs that something is being done with. */
  busy: ReadonlySet<string>;

  /** Whether nothing can be done with the jobs. */
  disabled: boolean;

  handlers: IJobHandlers;
  trans: TranslationBundle;
}

/** A table that draws the rows in sight alone: there may be thousands. */
export function JobTable(props: IJobTableProps): JSX.Element {
  const { jobs, sort, onSort, busy, disabled, handlers, trans } = props;
  const grid = React.useRef<HTMLDivElement>(null);
  const [first, last] = useWindow(grid, ROW_HEIGHT, jobs.length);
  const { active, onKeyDown, setActive } = useActiveRow(grid, jobs);

  const indices = Array.from({ length: last - first }, (_, i) => first + i);
  // The row with the focus stays even out of sight, or the focus were lost.
  if (active < first) {
    indices.unshift(active);
  } else if (active >= last && active < jobs.length) {
    indices.push(active);
  }
  return (
    <div
      ref={grid}
      className="casa-JobTable"
      role="grid"
      aria-label={trans.__('Jobs')}
      aria-rowcount={jobs.length + 1}
      onKeyDown={onKeyDown}
    >
      <div className="casa-JobTable-row casa-mod-header" role="row">
        <Headers sort={sort} onSort={onSort} trans={trans} />
      </div>
      <div
        className="casa-JobTable-rows"
        role="rowgroup"
        style={{ height: jobs.length * ROW_HEIGHT }}
      >
        {indices.map(index => (
          <JobRow
            key={keyOf(jobs[index])}
            job={jobs[index]}
            index={index}
            top={index * ROW_HEIGHT}
            active={index === active}
            disabled={disabled || busy.has(keyOf(jobs[index]))}
            handlers={handlers}
            onActive={setActive}
            trans={trans}
          />
        ))}
      </div>
    </div>
  );
}

/** The names of the columns, which sort. */
function Headers(
  props: Pick<IJobTableProps, 'sort' | 'onSort' | 'trans'>
): JSX.Element {
  const { sort, onSort, trans } = props;
  const columns: [SortKey, string][] = [
    ['state', trans.__('State')],
    ['id', trans.__('Job')],
    ['worker', trans.__('Worker')],
    ['reason', trans.__('Reason')],
    ['host', trans.__('Host')],
    ['submitted', trans.__('Submitted')],
    ['started', trans.__('Started')],
    ['ended', trans.__('Ended')],
    ['exit_code', trans.__('Exit')]
  ];
  return (
    <>
      {columns.map(([key, label]) => {
        const sorted = sort.key === key;
        const order = sort.descending ? 'descending' : 'ascending';
        return (
          <div
            key={key}
            role="columnheader"
            aria-sort={sorted ? order : 'none'}
          >
            <button
              onClick={() =>
                onSort({
                  key,
                  // The first click on a time wants the latest.
                  descending: sorted
                    ? !sort.descending
                    : ['submitted', 'started', 'ended'].includes(key)
                })
              }
            >
              {label}
              {sorted && (
                <span aria-hidden="true">{sort.descending ? ' ▾' : ' ▴'}</span>
              )}
            </button>
          </div>
        );
      })}
      <div role="columnheader" className="casa-JobTable-actions">
        {trans.__('Actions')}
      </div>
    </>
  );
}

/** One row takes part in the order of Tab, and arrow keys choose which. */
function useActiveRow(
  grid: React.RefObject<HTMLElement>,
  jobs: ReadonlyArray<Job>
): {
  active: number;
  setActive: (key: string) => void;
  onKeyDown: (event: React.KeyboardEvent) => void;
} {
  // The key: sorting and new jobs move the row.
  const [activeKey, setActive] = React.useState<string | null>(null);
  const moved = React.useRef(false);
  const found = jobs.findIndex(job => keyOf(job) === activeKey);
  const active = Math.max(0, found);

  React.useLayoutEffect(() => {
    if (moved.current) {
      moved.current = false;
      grid.current
        ?.querySelector<HTMLElement>('[role="row"][tabindex="0"]')
        ?.focus({ preventScroll: true });
    }
  });

  const onKeyDown = (event: React.KeyboardEvent) => {
    const node = grid.current!;
    const page = Math.max(1, Math.floor(node.clientHeight / ROW_HEIGHT) - 2);
    const steps: Record<string, number> = {
      ArrowUp: active - 1,
      ArrowDown: active + 1,
      PageUp: active - page,
      PageDown: active + page,
      Home: 0,
      End: jobs.length - 1
    };
    const inHeader = (event.target as Element).closest('.casa-mod-header');
    if (inHeader || !(event.key in steps) || jobs.length === 0) {
      return;
    }
    event.preventDefault();
    const index = Math.min(jobs.length - 1, Math.max(0, steps[event.key]));
    moved.current = true;
    setActive(keyOf(jobs[index]));
    const top = index * ROW_HEIGHT;
    const bottom = top + 2 * ROW_HEIGHT - node.clientHeight;
    node.scrollTop = Math.min(top, Math.max(bottom, node.scrollTop));
  };
  return { active, setActive, onKeyDown };
}
