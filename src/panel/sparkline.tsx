import * as React from 'react';

import { SPAN } from './recent';
import '../../style/sparkline.css';

export interface ISparklineProps {
  label: string;

  /** What it is now, in words. */
  value: string;

  /** Times in seconds since the epoch, and values. */
  points: ReadonlyArray<readonly [number, number]>;

  /** What the upper edge stands for at least. */
  top: number;

  /** The time at the right edge. */
  now: number;
}

const WIDTH = 100;
const HEIGHT = 20;

/** The last minutes at a glance; the words tell the same to those who do not see it. */
export function Sparkline(props: ISparklineProps): JSX.Element {
  const { label, value, points } = props;
  const now = Math.max(props.now, points[points.length - 1]?.[0] ?? 0);
  const top = Math.max(props.top, ...points.map(([, y]) => y)) || 1;
  const line = points.map(([time, y]) => {
    const x = (1 - (now - time) / SPAN) * WIDTH;
    return `${Math.max(0, x).toFixed(1)},${((1 - y / top) * HEIGHT).toFixed(1)}`;
  });
  if (points.length > 0) {
    // A value counts until the next one.
    line.push(`${WIDTH},${line[line.length - 1].split(',')[1]}`);
  }
  const first = line[0]?.split(',')[0] ?? WIDTH;
  return (
    <div className="casa-Sparkline">
      <div className="casa-Sparkline-words" title={value}>
        {label} {value}
      </div>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <polygon
          points={`${first},${HEIGHT} ${line.join(' ')} ${WIDTH},${HEIGHT}`}
        />
        <polyline points={line.join(' ')} />
      </svg>
    </div>
  );
}
