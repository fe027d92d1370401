import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Cluster } from '../tokens';
import { dashboardURL } from './frame';

/** A plot that a dashboard has. */
export interface IPlot {
  /** The last part of its address. */
  plot: string;

  title: string;
}

export interface IPlotGroup {
  label: string;
  plots: IPlot[];
}

/** The plots that a cluster's dashboard offers, in groups, those that are used most first. */
export async function plotsOf(
  cluster: Cluster,
  settings: ServerConnection.ISettings,
  trans: TranslationBundle
): Promise<IPlotGroup[]> {
  const url = dashboardURL(cluster, 'individual-plots.json', settings.baseUrl);
  // A dashboard of another origin does not tell, and need not.
  if (url === null || !url.startsWith(settings.baseUrl)) {
    return [];
  }
  const response = await ServerConnection.makeRequest(url, {}, settings);
  if (!response.ok) {
    throw new Error(trans.__('The dashboard does not list its plots.'));
  }
  const listed = (await response.json()) as Record<string, string>;
  const plots = Object.entries(listed).map(([title, path]) => ({
    plot: path.replace(/^\//, ''),
    title: title.replace(/^Individual /, '')
  }));
  return grouped(plots, trans);
}

/** What the paths of plots have in them, by group. */
const GROUPS: ReadonlyArray<[string, RegExp]> = [
  ['tasks', /task-stream|progress|graph|groups|compute|action|profile$|fine/],
  ['workers', /workers$|nprocessing|occupancy|cpu|exceptions|gpu-util/],
  ['memory', /memory|disk/],
  ['network', /bandwidth|transfer|network/],
  ['scheduler', /system|contention|profile-server|events/]
];

/** Plots by what they are about. */
export function grouped(
  plots: ReadonlyArray<IPlot>,
  trans: TranslationBundle
): IPlotGroup[] {
  const labels: Record<string, string> = {
    tasks: trans.__('Tasks'),
    workers: trans.__('Workers'),
    memory: trans.__('Memory'),
    network: trans.__('Network'),
    scheduler: trans.__('Scheduler'),
    other: trans.__('Other')
  };
  const found = new Map<string, IPlot[]>();
  for (const plot of plots) {
    const group =
      GROUPS.find(([, pattern]) => pattern.test(plot.plot))?.[0] ?? 'other';
    found.set(group, [...(found.get(group) ?? []), plot]);
  }
  return Object.keys(labels)
    .filter(group => found.has(group))
    .map(group => ({
      label: labels[group],
      plots: found.get(group)!.sort((a, b) => a.title.localeCompare(b.title))
    }));
}
