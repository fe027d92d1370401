import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { formatDuration } from './format';
import type { State } from './tokens';
import '../style/state.css';

/** The word for a state. */
export function stateWord(state: State, trans: TranslationBundle): string {
  const words: Record<State, string> = {
    starting: trans.__('starting'),
    running: trans.__('running'),
    degraded: trans.__('degraded'),
    closing: trans.__('shutting down'),
    closed: trans.__('closed'),
    failed: trans.__('failed'),
    close_failed: trans.__('shutdown failed'),
    lost: trans.__('lost')
  };
  return words[state];
}

export interface IStateMarkProps {
  state: State;

  /** Whether the state is known to be that of now. */
  live: boolean;

  trans: TranslationBundle;
}

/** The state of a cluster: a mark whose shape and colour tell it, and the word. */
export function StateMark(props: IStateMarkProps): JSX.Element {
  const { state, live, trans } = props;
  return (
    <span className="casa-State" aria-live="polite">
      <span
        className="casa-State-mark"
        data-state={live ? state : 'unknown'}
        aria-hidden="true"
      />
      {live ? stateWord(state, trans) : trans.__('disconnected')}
    </span>
  );
}

/** The time, each second, in seconds since the epoch. */
function useSeconds(): number {
  const [now, setNow] = React.useState(Date.now());
  React.useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now / 1000;
}

/** How long it is until a time, as a running clock among words. */
export function TimeLeft(props: {
  until: number;
  words: (clock: string) => string;
}): JSX.Element {
  const { until, words } = props;
  const now = useSeconds();
  return (
    <time title={new Date(until * 1000).toLocaleString()}>
      {words(formatDuration(until - now))}
    </time>
  );
}

/** How long ago it was, as a running clock. */
export function Elapsed({ since }: { since: number }): JSX.Element {
  const now = useSeconds();
  return (
    <time
      className="casa-Elapsed"
      title={new Date(since * 1000).toLocaleString()}
    >
      {formatDuration(now - since)}
    </time>
  );
}
