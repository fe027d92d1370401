import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { Now } from './clock';
import { formatAge, formatMemory } from '../format';
import { closesSoon } from '../idle';
import { IdleEnd } from '../idleend';
import type { ISample } from './recent';
import { Sparkline } from './sparkline';
import type { Cluster } from '../tokens';

interface IFiguresProps {
  cluster: Cluster;
  trans: TranslationBundle;
}

/** How old it is. */
export function Age({ cluster, trans }: IFiguresProps): JSX.Element {
  const now = React.useContext(Now);
  return <>{formatAge(now - cluster.created, trans)}</>;
}

/** What the running workers have. */
export function Figures({ cluster, trans }: IFiguresProps): JSX.Element {
  const { cores, memory, size } = cluster;
  const figures = [trans._n('%1 core', '%1 cores', cores)];
  if (memory.used > 0 || memory.limit > 0) {
    figures.push(formatMemory(memory.used, memory.limit));
  }
  if ('minimum' in size) {
    figures.push(trans.__('adaptive %1–%2', size.minimum, size.maximum));
  }
  return <div className="casa-Card-figures">{figures.join(' · ')}</div>;
}

/** That it closes soon, if it does, since it has nothing to do. */
export function IdleSoon(
  props: IFiguresProps & { commands: CommandRegistry }
): JSX.Element | null {
  const now = React.useContext(Now);
  const { idle } = props.cluster;
  return idle && closesSoon(idle, now) ? <IdleEnd {...props} /> : null;
}

/** When the next job ends; another one takes its place. */
export function WalltimeEnd(props: IFiguresProps): JSX.Element | null {
  const { cluster, trans } = props;
  const now = React.useContext(Now);
  const time = cluster.walltime_end;
  return time === null ? null : (
    <div
      className="casa-Card-figures"
      title={new Date(time * 1000).toLocaleString()}
    >
      {trans.__('next job ends in %1', formatAge(time - now, trans))}
    </div>
  );
}

/** What the cluster did in the last minutes. */
export function Sparklines(
  props: IFiguresProps & { samples: ReadonlyArray<ISample> }
): JSX.Element {
  const { cluster, samples, trans } = props;
  const now = React.useContext(Now);
  const { cores, cpu, tasks } = cluster;
  const work = [
    tasks.processing > 0 && trans.__('%1 processing', tasks.processing),
    tasks.waiting > 0 && trans.__('%1 waiting', tasks.waiting),
    tasks.erred > 0 && trans.__('%1 erred', tasks.erred)
  ].filter(Boolean);
  return (
    <div className="casa-Sparklines">
      <Sparkline
        label={trans.__('CPU')}
        value={trans.__('%1 of %2', Math.round(cpu * 10) / 10, cores)}
        points={samples.map(sample => [sample.time, sample.cpu] as const)}
        top={cores}
        now={now}
      />
      <Sparkline
        label={trans.__('Tasks')}
        value={work.join(' · ') || '0'}
        points={samples.map(sample => [sample.time, sample.tasks] as const)}
        top={1}
        now={now}
      />
    </div>
  );
}
