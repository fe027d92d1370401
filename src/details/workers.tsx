import { Clipboard } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  Button,
  closeIcon,
  copyIcon,
  InputGroup,
  LabIcon,
  listIcon,
  refreshIcon,
  UseSignal
} from '@jupyterlab/ui-components';
import * as React from 'react';

import { formatAge, formatBytes, formatMemory } from '../format';
import { ProblemLine } from '../problemline';
import type { Worker } from '../tokens';
import {
  comparison,
  IColumn,
  IRowPlace,
  ISort,
  rowProps,
  Table
} from './table';
import { WatchingWidget } from './watching';
import type { WorkersModel } from './workersmodel';
import '../../style/jobs.css';

type Key =
  | 'name'
  | 'status'
  | 'host'
  | 'cores'
  | 'cpu'
  | 'memory'
  | 'spilled'
  | 'processing'
  | 'last_seen'
  | 'since'
  | 'address';

/** The workers that are connected to the scheduler. */
export class Workers extends WatchingWidget {
  constructor(
    private _model: WorkersModel,
    private _showLog: (worker: Worker) => void,
    private _trans: TranslationBundle
  ) {
    super(_model);
    this.addClass('casa-Jobs');
  }

  protected render(): JSX.Element {
    return (
      <UseSignal signal={this._model.changed}>
        {() => (
          <WorkersPane
            model={this._model}
            showLog={this._showLog}
            trans={this._trans}
          />
        )}
      </UseSignal>
    );
  }
}

interface IWorkersPaneProps {
  model: WorkersModel;
  showLog: (worker: Worker) => void;
  trans: TranslationBundle;
}

function WorkersPane(props: IWorkersPaneProps): JSX.Element {
  const { model, showLog, trans } = props;
  const { workers, cluster } = model;
  const [text, setText] = React.useState('');
  const [sort, setSort] = React.useState<ISort<Key>>({
    key: 'name',
    descending: false
  });
  const chosen = React.useMemo(
    () => selectWorkers(workers ?? [], text, sort),
    [workers, text, sort]
  );
  const note =
    workers === null
      ? model.live && !model.problem && trans.__('Asking for the workers…')
      : workers.length === 0
        ? trans.__('No worker is connected.')
        : chosen.length === 0 && trans.__('No worker matches the filter.');
  return (
    <>
      <div className="casa-Jobs-notes">
        <div role="status">
          {model.gone
            ? trans.__('This cluster is gone.')
            : !model.live && trans.__('Disconnected from the server.')}
        </div>
        {model.live && model.problem && <ProblemLine text={model.problem} />}
        {model.refusal && <ProblemLine text={model.refusal} />}
      </div>
      {workers && workers.length > 0 && (
        <div className="casa-Jobs-filter">
          <InputGroup
            type="search"
            aria-label={trans.__('Filter workers')}
            placeholder={trans.__('Filter')}
            rightIcon="ui-components:search"
            value={text}
            onChange={event => setText(event.target.value)}
          />
          <span className="casa-Jobs-count">
            {chosen.length === workers.length
              ? trans._n('%1 worker', '%1 workers', workers.length)
              : trans.__('%1 of %2 workers', chosen.length, workers.length)}
          </span>
        </div>
      )}
      {chosen.length > 0 ? (
        <Table
          label={trans.__('Workers')}
          rows={chosen}
          keyOf={worker => worker.address}
          columns={columns(trans)}
          actionsWidth="120px"
          minWidth={1100}
          sort={sort}
          onSort={setSort}
          renderRow={(worker, place) => (
            <WorkerRow
              worker={worker}
              {...place}
              disabled={!model.live || model.busy.has(worker.address)}
              retires={!cluster?.has_jobs && !cluster?.attached}
              model={model}
              showLog={showLog}
              trans={trans}
            />
          )}
          trans={trans}
        />
      ) : (
        <div className="casa-Jobs-note">{note}</div>
      )}
    </>
  );
}

/** The workers whose name, host or address has a text, sorted. */
export function selectWorkers(
  workers: ReadonlyArray<Worker>,
  text: string,
  { key, descending }: ISort<Key>
): Worker[] {
  const wanted = text.trim().toLowerCase();
  return workers
    .filter(({ name, host, address, status }) =>
      `${name} ${host} ${address} ${status}`.toLowerCase().includes(wanted)
    )
    .sort(comparison(worker => worker[key], descending));
}

function columns(trans: TranslationBundle): IColumn<Key>[] {
  const number = { numeric: true, descending: true };
  return [
    { key: 'name', label: trans.__('Worker'), width: 'minmax(96px, 2fr)' },
    { key: 'status', label: trans.__('State'), width: '88px' },
    { key: 'host', label: trans.__('Host'), width: 'minmax(96px, 1fr)' },
    { key: 'cores', label: trans.__('Cores'), width: '64px', ...number },
    { key: 'cpu', label: trans.__('CPU'), width: '64px', ...number },
    { key: 'memory', label: trans.__('Memory'), width: '140px', ...number },
    { key: 'spilled', label: trans.__('Spilled'), width: '80px', ...number },
    { key: 'processing', label: trans.__('Tasks'), width: '64px', ...number },
    { key: 'last_seen', label: trans.__('Seen'), width: '72px', ...number },
    { key: 'since', label: trans.__('Age'), width: '72px', ...number },
    { key: 'address', label: trans.__('Address'), width: 'minmax(176px, 2fr)' }
  ];
}

interface IWorkerRowProps extends IRowPlace {
  worker: Worker;
  disabled: boolean;

  /** Whether it can be ended by itself. */
  retires: boolean;

  model: WorkersModel;
  showLog: (worker: Worker) => void;
  trans: TranslationBundle;
}

const WorkerRow = React.memo(function WorkerRow(
  props: IWorkerRowProps
): JSX.Element {
  const { worker, active, disabled, retires, model, showLog, trans } = props;
  const { address, name } = worker;
  const now = Date.now() / 1000;
  const button = (label: string, icon: LabIcon, onClick: () => void) => (
    <Button
      minimal
      small
      title={label}
      aria-label={label}
      tabIndex={active ? 0 : -1}
      disabled={disabled}
      onClick={onClick}
    >
      <icon.react tag="span" elementPosition="center" />
    </Button>
  );
  const text = (value: string) => (
    <div role="gridcell" title={value}>
      {value}
    </div>
  );
  const number = (value: string) => (
    <div role="gridcell" data-numeric="true">
      {value}
    </div>
  );
  return (
    <div {...rowProps(address, props)} aria-label={name}>
      {text(name)}
      {text(worker.status)}
      {text(worker.host)}
      {number(String(worker.cores))}
      {number(worker.cpu.toFixed(1))}
      {number(formatMemory(worker.memory, worker.memory_limit))}
      {number(worker.spilled > 0 ? formatBytes(worker.spilled) : '')}
      {number(String(worker.processing))}
      {number(
        trans.__('%1 s', Math.max(0, Math.round(now - worker.last_seen)))
      )}
      {number(formatAge(now - worker.since, trans))}
      {text(address)}
      <div role="gridcell" className="casa-Table-actions">
        {button(trans.__('Copy the address'), copyIcon, () =>
          Clipboard.copyToSystem(address)
        )}
        {button(trans.__('Log'), listIcon, () => showLog(worker))}
        {button(
          trans.__('Restart'),
          refreshIcon,
          () => void model.act(address, 'restart')
        )}
        {retires &&
          button(
            trans.__('Retire'),
            closeIcon,
            () => void model.act(address, 'retire')
          )}
      </div>
    </div>
  );
});
