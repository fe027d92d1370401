/** The commands of the extension. */
export const CommandIDs = {
  panel: 'casa-labext:panel',
  create: 'casa-labext:new',
  configuration: 'casa-labext:configuration',
  openDashboard: 'casa-labext:open-dashboard',

  // These take the `id` of a cluster; without one they mean the default cluster, or the only one.
  insertClient: 'casa-labext:insert-client',
  connect: 'casa-labext:connect',
  makeDefault: 'casa-labext:default',
  scale: 'casa-labext:scale',
  details: 'casa-labext:details',
  diagnose: 'casa-labext:diagnose',
  jobs: 'casa-labext:jobs',
  logs: 'casa-labext:logs',
  dashboard: 'casa-labext:dashboard',
  plots: 'casa-labext:plots',
  layout: 'casa-labext:layout',
  copyAddress: 'casa-labext:copy-address',
  rename: 'casa-labext:rename',
  shutdown: 'casa-labext:shutdown',
  extend: 'casa-labext:extend',
  retry: 'casa-labext:retry'
} as const;
