import * as React from 'react';

/** Milliseconds between two ticks. */
const TICK = 5000;

/** The time as of the last tick, in seconds since the epoch. */
export const Now = React.createContext(0);

/** Ticks for what is within it, while there is anything to tell and somebody looks. */
export function Clock(props: {
  runs: boolean;
  children: React.ReactNode;
}): JSX.Element {
  const { runs, children } = props;
  const [now, tick] = React.useReducer(read, 0, read);
  React.useEffect(() => {
    if (runs) {
      tick();
      const timer = setInterval(() => !document.hidden && tick(), TICK);
      return () => clearInterval(timer);
    }
  }, [runs]);
  return <Now.Provider value={now}>{children}</Now.Provider>;
}

function read(): number {
  return Date.now() / 1000;
}
