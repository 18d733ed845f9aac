const { execFileSync } = require('node:child_process');
const { join } = require('node:path');
const base = require('@jupyterlab/galata/lib/playwright-config');

const PORT = Number(process.env.CELLAR_UI_PORT ?? 8899);
const browser = JSON.parse(
  execFileSync(process.execPath, ['browser.mjs'], { cwd: __dirname, stdio: ['ignore', 'pipe', 'inherit'] }).toString()
);
// The test server must not touch a user's own settings, keys and trust database.
const own = join(__dirname, 'test-results', 'jupyter');

module.exports = {
  ...base,
  testDir: join(__dirname, 'tests'),
  timeout: 240_000,
  workers: 1,
  retries: 0,
  forbidOnly: true,
  reporter: [['list']],
  use: {
    ...base.use,
    video: 'off',
    trace: 'off',
    baseURL: `http://127.0.0.1:${PORT}`,
    launchOptions: {
      executablePath: browser.executablePath,
      env: { ...process.env, ...browser.env },
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
        '--disable-quic'
      ]
    }
  },
  webServer: {
    command: `jupyter lab --config jupyter_server_test_config.py --ip 127.0.0.1 --port ${PORT} --ServerApp.port_retries=0`,
    cwd: __dirname,
    url: `http://127.0.0.1:${PORT}/lab`,
    env: {
      ...process.env,
      PATH: `${join(__dirname, '..', '.venv', 'bin')}:${process.env.PATH}`,
      JUPYTER_CONFIG_DIR: join(own, 'config'),
      JUPYTER_DATA_DIR: join(own, 'data'),
      JUPYTER_RUNTIME_DIR: join(own, 'runtime'),
      XDG_STATE_HOME: join(own, 'state')
    },
    timeout: 120_000,
    reuseExistingServer: false
  }
};
