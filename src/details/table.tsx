import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { useWindow } from './window';
import '../../style/table.css';

/** The height of a row, and that of the header, in pixels. */
const ROW_HEIGHT = 28;

export interface ISort<K> {
  key: K;
  descending: boolean;
}

export interface IColumn<K> {
  key: K;
  label: string;

  /** Its width as CSS grids take it. */
  width: string;

  /** Whether the first click wants the largest value on top. */
  descending?: boolean;

  /** Whether its values are numbers, which stand at the right. */
  numeric?: boolean;
}

/** What a row gets besides its contents. */
export interface IRowProps {
  role: 'row';
  className: string;
  style: React.CSSProperties;
  tabIndex: number;
  onFocus: () => void;
  'aria-rowindex': number;
  'aria-label': string;
}

export interface ITableProps<T, K extends string> {
  /** What is in the rows. */
  label: string;

  /** The rows as they are to be shown. */
  rows: ReadonlyArray<T>;

  keyOf: (row: T) => string;
  columns: ReadonlyArray<IColumn<K>>;

  /** The width of the last column, which has buttons. */
  actionsWidth: string;

  /** The least width of all, in pixels. */
  minWidth: number;

  sort: ISort<K>;
  onSort: (sort: ISort<K>) => void;

  /** The component of a row: memoize it, as scrolling moves many. */
  renderRow: (row: T, place: IRowPlace) => JSX.Element;

  trans: TranslationBundle;
}

/** Where a row stands. */
export interface IRowPlace {
  index: number;

  /** Whether Tab goes to it. */
  active: boolean;

  /** It has got the focus. */
  onActive: (key: string) => void;
}

/** The properties of the element of a row. */
export function rowProps(
  key: string,
  { index, active, onActive }: IRowPlace
): IRowProps {
  return {
    role: 'row',
    className: 'casa-Table-row',
    style: { top: index * ROW_HEIGHT },
    tabIndex: active ? 0 : -1,
    onFocus: () => onActive(key),
    'aria-rowindex': index + 2,
    'aria-label': key
  };
}

/** A table that draws the rows in sight alone: there may be thousands. */
export function Table<T, K extends string>(
  props: ITableProps<T, K>
): JSX.Element {
  const { label, rows, keyOf, columns, actionsWidth, minWidth, renderRow } =
    props;
  const grid = React.useRef<HTMLDivElement>(null);
  const [first, last] = useWindow(grid, ROW_HEIGHT, rows.length);
  const { active, onKeyDown, setActive } = useActiveRow(grid, rows, keyOf);

  const indices = Array.from({ length: last - first }, (_, i) => first + i);
  // The row with the focus stays even out of sight, or the focus were lost.
  if (active < first) {
    indices.unshift(active);
  } else if (active >= last && active < rows.length) {
    indices.push(active);
  }
  const widths = [...columns.map(column => column.width), actionsWidth];
  return (
    <div
      ref={grid}
      className="casa-Table"
      role="grid"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      onKeyDown={onKeyDown}
      style={
        {
          '--casa-columns': widths.join(' '),
          '--casa-table-width': `${minWidth}px`
        } as React.CSSProperties
      }
    >
      <div className="casa-Table-row casa-mod-header" role="row">
        <Headers {...props} />
      </div>
      <div
        className="casa-Table-rows"
        role="rowgroup"
        style={{ height: rows.length * ROW_HEIGHT }}
      >
        {indices.map(index => (
          <React.Fragment key={keyOf(rows[index])}>
            {renderRow(rows[index], {
              index,
              active: index === active,
              onActive: setActive
            })}
          </React.Fragment>
        ))}
      </div>
    </div>
  );
}

/** The names of the columns, which sort. */
function Headers<T, K extends string>(props: ITableProps<T, K>): JSX.Element {
  const { columns, sort, onSort, trans } = props;
  return (
    <>
      {columns.map(({ key, label, numeric, descending = false }) => {
        const sorted = sort.key === key;
        const order = sort.descending ? 'descending' : 'ascending';
        return (
          <div
            key={key}
            role="columnheader"
            data-numeric={numeric}
            aria-sort={sorted ? order : 'none'}
          >
            <button
              onClick={() =>
                onSort({
                  key,
                  descending: sorted ? !sort.descending : descending
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
      <div role="columnheader" className="casa-Table-actions">
        {trans.__('Actions')}
      </div>
    </>
  );
}

/** One row takes part in the order of Tab, and arrow keys choose which. */
function useActiveRow<T>(
  grid: React.RefObject<HTMLElement>,
  rows: ReadonlyArray<T>,
  keyOf: (row: T) => string
): {
  active: number;
  setActive: (key: string) => void;
  onKeyDown: (event: React.KeyboardEvent) => void;
} {
  // The key: sorting and new rows move the row.
  const [activeKey, setActive] = React.useState<string | null>(null);
  const moved = React.useRef(false);
  const found = rows.findIndex(row => keyOf(row) === activeKey);
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
      End: rows.length - 1
    };
    const inHeader = (event.target as Element).closest('.casa-mod-header');
    if (inHeader || !(event.key in steps) || rows.length === 0) {
      return;
    }
    event.preventDefault();
    const index = Math.min(rows.length - 1, Math.max(0, steps[event.key]));
    moved.current = true;
    setActive(keyOf(rows[index]));
    const top = index * ROW_HEIGHT;
    const bottom = top + 2 * ROW_HEIGHT - node.clientHeight;
    node.scrollTop = Math.min(top, Math.max(bottom, node.scrollTop));
  };
  return { active, setActive, onKeyDown };
}

/** Ids such as `9.0` and `10.0` are sorted as numbers. */
const collator = new Intl.Collator(undefined, { numeric: true });

/** How rows are sorted by a value; what a row does not have comes last in both directions. */
export function comparison<T>(
  valueOf: (row: T) => string | number | null,
  descending: boolean
): (a: T, b: T) => number {
  const sign = descending ? -1 : 1;
  return (one, other) => {
    const [a, b] = [valueOf(one), valueOf(other)];
    if (a === null || b === null) {
      return Number(a === null) - Number(b === null);
    }
    return (
      sign *
      (typeof a === 'number' && typeof b === 'number'
        ? a - b
        : collator.compare(String(a), String(b)))
    );
  };
}
