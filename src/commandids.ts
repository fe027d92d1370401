/** The commands of the extension; all but the first two take the `id` of a cluster. */
export const CommandIDs = {
  create: 'casa-labext:new',
  configuration: 'casa-labext:configuration',
  insertClient: 'casa-labext:insert-client',
  connect: 'casa-labext:connect',
  makeDefault: 'casa-labext:default',
  scale: 'casa-labext:scale',
  jobs: 'casa-labext:jobs',
  logs: 'casa-labext:logs',
  dashboard: 'casa-labext:dashboard',
  copyAddress: 'casa-labext:copy-address',
  rename: 'casa-labext:rename',
  shutdown: 'casa-labext:shutdown',
  retry: 'casa-labext:retry'
} as const;
