import * as React from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** How high a plot and its words are, in pixels. */
const HEIGHT = 150;
const FONT_SIZE = 11;

/** The least that it shows, in seconds: the first samples alone would be shown in milliseconds, or in years. */
const SHORTEST = 10;

export interface ISeries {
  label: string;
  values: ReadonlyArray<number>;

  /** The name of a CSS variable with its colour. */
  color: string;

  /** Told apart by more than the colour. */
  dash?: number[];
  fill?: boolean;
}

export interface IPlotProps {
  title: string;

  /** In seconds since the epoch. */
  times: ReadonlyArray<number>;

  series: ReadonlyArray<ISeries>;
  format: (value: number) => string;
}

/** Lines over time: drag to zoom, double click for all; the cursor is shared by all plots of a cluster. */
export function Plot(props: IPlotProps & { sync: string }): JSX.Element {
  const { title, times, series, format, sync } = props;
  const node = React.useRef<HTMLDivElement>(null);
  const plot = React.useRef<uPlot | null>(null);
  const theme = useTheme();
  const data = [times, ...series.map(({ values }) => values)] as any;

  React.useEffect(() => {
    const element = node.current!;
    const style = getComputedStyle(element);
    const css = (name: string) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: css('--jp-ui-font-color2'),
      grid: { stroke: css('--jp-border-color3'), width: 1 },
      ticks: { stroke: css('--jp-border-color2'), width: 1 },
      font: `${FONT_SIZE}px ${style.fontFamily}`
    };
    const made = new uPlot(
      {
        width: element.clientWidth || 300,
        height: HEIGHT,
        cursor: { sync: { key: sync }, y: false },
        legend: { live: true },
        scales: {
          x: {
            range: ({ data: [times] }, min, max) => [
              min,
              Math.max(Math.min(max, times[times.length - 1]), min + SHORTEST)
            ]
          },
          y: { range: (_, _min, max) => [0, max > 0 ? max * 1.1 : 1] }
        },
        axes: [
          { ...axis, space: 60 },
          {
            ...axis,
            size: 76, // such as 1023 KiB/s
            values: (_, ticks) => ticks.map(tick => format(tick))
          }
        ],
        series: [
          { value: (_, time) => timeOf(time) },
          ...series.map(({ label, color, dash, fill }) => ({
            label,
            stroke: css(color),
            width: 1.5,
            // A value counts until the next one.
            paths: uPlot.paths.stepped!({ align: 1 }),
            dash,
            points: { show: false },
            fill: fill ? `${css(color)}30` : undefined,
            value: (_: uPlot, value: number | null) =>
              value === null ? '–' : format(value)
          }))
        ]
      },
      data,
      element
    );
    plot.current = made;
    const observer = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth || 300, height: HEIGHT })
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [theme, sync]);

  React.useEffect(() => {
    const made = plot.current;
    if (made) {
      const [old] = made.data;
      const { min, max } = made.scales.x;
      // Who has zoomed in stays there; what was only just made has no scale yet.
      const zoomed =
        (min ?? 0) > old[0] || (max ?? Infinity) < old[old.length - 1];
      made.setData(data, !zoomed);
      if (zoomed) {
        made.redraw();
      }
    }
  }, [times]);

  const now = series
    .map(({ label, values }) =>
      values.length > 0
        ? `${label} ${format(values[values.length - 1])}`
        : label
    )
    .join(', ');
  return (
    <figure className="casa-Plot">
      <figcaption>{title}</figcaption>
      <div ref={node} role="img" aria-label={`${title}: ${now}`} />
    </figure>
  );
}

/** Changes with the theme: a canvas has no CSS. */
function useTheme(): string {
  const read = () => document.body.dataset.jpThemeName ?? '';
  const [theme, setTheme] = React.useState(read);
  React.useEffect(() => {
    // The theme's style sheet comes a moment after its name.
    const observer = new MutationObserver(() =>
      requestAnimationFrame(() => setTheme(read()))
    );
    observer.observe(document.body, {
      attributeFilter: ['data-jp-theme-name']
    });
    return () => observer.disconnect();
  }, []);
  return theme;
}

function timeOf(time: number | null): string {
  return time === null ? '' : new Date(time * 1000).toLocaleTimeString();
}
