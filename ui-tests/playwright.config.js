/** The browser tests: Galata's settings, with the system's Chromium and a JupyterLab of their own. */
const path = require('path');

const base = require('@jupyterlab/galata/lib/playwright-config');

// `run` chooses them.
const folder = process.env.JLAB_TEST_DIR;
const baseURL = `http://127.0.0.1:${process.env.JLAB_TEST_PORT}`;

module.exports = {
  ...base,
  // `make screenshots` draws the pictures of the documentation.
  testDir: process.env.CASA_LABEXT_SCREENSHOTS ? 'screenshots' : 'tests',
  reporter: [['list']],
  timeout: 120_000,
  expect: { timeout: 20_000 },
  workers: 1,
  retries: 0,
  use: {
    ...base.use,
    baseURL,
    trace: 'retain-on-failure',
    // Playwright's own ffmpeg would have to be downloaded.
    video: 'off',
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-dev-shm-usage',
        '--disable-background-networking'
      ]
    }
  },
  webServer: {
    command: 'jlpm start',
    url: `${baseURL}/lab`,
    timeout: 120_000,
    env: {
      ...process.env,
      // The configuration page writes below it.
      HOME: folder,
      JUPYTER_CONFIG_DIR: path.join(folder, 'config'),
      JUPYTER_DATA_DIR: path.join(folder, 'data'),
      JUPYTER_RUNTIME_DIR: path.join(folder, 'runtime'),
      JUPYTERLAB_GALATA_ROOT_DIR: folder,
      DASK_CONFIG: path.join(__dirname, 'dask.yaml')
    },
    gracefulShutdown: { signal: 'SIGTERM', timeout: 15_000 },
    reuseExistingServer: false
  }
};
