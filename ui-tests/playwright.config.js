/** The UI tests: Galata's settings, with the system's Chromium. */
const base = require('@jupyterlab/galata/lib/playwright-config');

const port = process.env.JLAB_TEST_PORT ?? '28888';
const baseURL = `http://127.0.0.1:${port}`;

module.exports = {
  ...base,
  reporter: [['list']],
  timeout: 90_000,
  expect: { timeout: 15_000 },
  workers: 1,
  use: {
    ...base.use,
    baseURL,
    video: 'off',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-dev-shm-usage']
    }
  },
  webServer: {
    command: 'jlpm start',
    url: `${baseURL}/lab`,
    timeout: 120_000,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 5_000 },
    reuseExistingServer: !process.env.CI
  }
};
