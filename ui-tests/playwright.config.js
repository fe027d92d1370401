/** The browser tests: Galata's settings, with the system's Chromium and a JupyterLab of their own. */
const { execFileSync } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

const base = require('@jupyterlab/galata/lib/playwright-config');

// The test processes load this file too: they find what the first one chose.
if (!process.env.JLAB_TEST_PORT) {
  const allocate =
    'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])';
  process.env.JLAB_TEST_PORT = execFileSync('python3', ['-c', allocate])
    .toString()
    .trim();
  process.env.JLAB_TEST_DIR = fs.mkdtempSync(
    path.join(os.tmpdir(), 'casa-labext-ui-')
  );
}
const folder = process.env.JLAB_TEST_DIR;
const baseURL = `http://127.0.0.1:${process.env.JLAB_TEST_PORT}`;

module.exports = {
  ...base,
  reporter: [['list']],
  timeout: 120_000,
  expect: { timeout: 20_000 },
  workers: 1,
  retries: 0,
  globalTeardown: require.resolve('./teardown.js'),
  use: {
    ...base.use,
    baseURL,
    trace: 'retain-on-failure',
    // Playwright's own ffmpeg would have to be downloaded.
    video: 'off',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
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
