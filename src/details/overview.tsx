import type { TranslationBundle } from '@jupyterlab/translation';
import { UseSignal } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { formatAge, formatBytes, formatMemory } from '../format';
import { IdleEnd } from '../idleend';
import { ProblemLine } from '../problemline';
import { StateMark } from '../state';
import type { Cluster, Event } from '../tokens';
import { WatchingWidget } from './watching';
import { WorkerBar } from '../workerbar';
import type { HistoryModel } from './historymodel';
import { IPlotProps, Plot } from './plot';
import '../../style/card.css';
import '../../style/jobs.css';

/** What the cluster is and was: plots over time, and events. */
export class Overview extends WatchingWidget {
  constructor(
    private _model: HistoryModel,
    private _commands: CommandRegistry,
    private _trans: TranslationBundle
  ) {
    super(_model);
    this.addClass('casa-Overview');
    // The keyboard scrolls it.
    this.node.tabIndex = 0;
  }

  protected render(): JSX.Element {
    return (
      <UseSignal signal={this._model.changed}>
        {() => (
          <OverviewPane
            model={this._model}
            commands={this._commands}
            trans={this._trans}
          />
        )}
      </UseSignal>
    );
  }
}

export interface IOverviewPaneProps {
  model: HistoryModel;
  commands: CommandRegistry;
  trans: TranslationBundle;
}

/** The same, as React draws it. */
export function OverviewPane(props: IOverviewPaneProps): JSX.Element {
  const { model, commands, trans } = props;
  const { cluster, times, events } = model;
  return (
    <>
      {model.gone && (
        <div className="casa-Jobs-note" role="status">
          {trans.__('This cluster is gone.')}
        </div>
      )}
      {cluster && (
        <Header
          cluster={cluster}
          live={model.live}
          commands={commands}
          trans={trans}
        />
      )}
      {model.live && model.problem && <ProblemLine text={model.problem} />}
      <div className="casa-Overview-plots">
        {times.length > 0 &&
          plots(model, trans).map(plot => (
            <Plot key={plot.title} {...plot} sync={model.clusterId} />
          ))}
      </div>
      <Events events={events} trans={trans} />
    </>
  );
}

/** As it is now. */
function Header(props: {
  cluster: Cluster;
  live: boolean;
  commands: CommandRegistry;
  trans: TranslationBundle;
}): JSX.Element {
  const { cluster, live, commands, trans } = props;
  const { cores, memory, reasons, tasks, connection } = cluster;
  const end = cluster.walltime_end;
  const facts: [string, string][] = [
    [trans.__('Cores'), String(cores)],
    [trans.__('Memory'), formatMemory(memory.used, memory.limit)],
    [
      trans.__('Tasks'),
      trans.__(
        '%1 processing, %2 waiting, %3 erred',
        tasks.processing,
        tasks.waiting,
        tasks.erred
      )
    ],
    [trans.__('Scheduler'), connection?.address ?? trans.__('none yet')],
    [trans.__('Made'), new Date(cluster.created * 1000).toLocaleString()]
  ];
  if (end !== null) {
    const left = formatAge(end - Date.now() / 1000, trans);
    facts.push([trans.__('Next job ends'), trans.__('in %1', left)]);
  }
  return (
    <section className="casa-Overview-header" aria-label={cluster.name}>
      <div className="casa-Overview-state">
        <h2>{cluster.name}</h2>
        <StateMark state={cluster.state} live={live} trans={trans} />
      </div>
      {cluster.reason && (
        <div className="casa-Card-reason" data-state={cluster.state}>
          {cluster.reason}
          {cluster.hint && <div className="casa-Card-hint">{cluster.hint}</div>}
        </div>
      )}
      {live && <IdleEnd cluster={cluster} commands={commands} trans={trans} />}
      <WorkerBar counts={cluster.workers} reasons={reasons} trans={trans} />
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function plots(
  { times, figures }: HistoryModel,
  trans: TranslationBundle
): IPlotProps[] {
  const of = (name: string) => figures[name] ?? [];
  const count = (value: number) => String(Math.round(value * 100) / 100);
  const rate = (value: number) => trans.__('%1/s', formatBytes(value));
  return [
    {
      title: trans.__('Workers'),
      times,
      format: count,
      series: [
        {
          label: trans.__('running'),
          values: of('running'),
          color: '--jp-success-color1',
          fill: true
        },
        {
          label: trans.__('wanted'),
          values: of('requested'),
          color: '--jp-ui-font-color2',
          dash: [4, 4]
        }
      ]
    },
    {
      title: trans.__('CPU'),
      times,
      format: count,
      series: [
        {
          label: trans.__('cores in use'),
          values: of('cpu'),
          color: '--jp-brand-color1',
          fill: true
        },
        {
          label: trans.__('cores'),
          values: of('cores'),
          color: '--jp-ui-font-color2',
          dash: [4, 4]
        }
      ]
    },
    {
      title: trans.__('Memory'),
      times,
      format: formatBytes,
      series: [
        {
          label: trans.__('in use'),
          values: of('memory'),
          color: '--jp-brand-color1',
          fill: true
        },
        {
          label: trans.__('spilled to disk'),
          values: of('spilled'),
          color: '--jp-warn-color1',
          dash: [2, 2]
        }
      ]
    },
    {
      title: trans.__('Tasks'),
      times,
      format: count,
      series: [
        {
          label: trans.__('processing'),
          values: of('processing'),
          color: '--jp-brand-color1',
          fill: true
        },
        {
          label: trans.__('waiting'),
          values: of('waiting'),
          color: '--jp-info-color1',
          dash: [4, 4]
        },
        {
          label: trans.__('erred'),
          values: of('erred'),
          color: '--jp-error-color1',
          dash: [2, 2]
        }
      ]
    },
    {
      title: trans.__('Network'),
      times,
      format: rate,
      series: [
        {
          label: trans.__('read'),
          values: of('read'),
          color: '--jp-brand-color1',
          fill: true
        },
        {
          label: trans.__('written'),
          values: of('written'),
          color: '--jp-accent-color1',
          dash: [4, 4]
        }
      ]
    }
  ];
}

function Events(props: {
  events: ReadonlyArray<Event>;
  trans: TranslationBundle;
}): JSX.Element {
  const { events, trans } = props;
  const title = trans.__('Events');
  return (
    <section className="casa-Overview-events" aria-label={title}>
      <h3>{title}</h3>
      <ol>
        {events.map(({ time, text }, index) => {
          const date = new Date(time * 1000);
          return (
            <li key={events.length - index}>
              <time title={date.toLocaleString()}>
                {date.toLocaleTimeString()}
              </time>
              <span>{text}</span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
