const { execFileSync } = require('node:child_process');
const { mkdirSync, mkdtempSync, realpathSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { delimiter, join } = require('node:path');
const base = require('@jupyterlab/galata/lib/playwright-config');

const FREE_PORT = `const server = require('node:net').createServer();
  server.listen(0, '127.0.0.1', () => { process.stdout.write(String(server.address().port)); server.close(); });`;
// Chosen once: this file is read again in every worker, which inherits the variable.
process.env.CELLAR_UI_PORT ??= execFileSync(process.execPath, ['-e', FREE_PORT]).toString();
const PORT = Number(process.env.CELLAR_UI_PORT);
const browser = JSON.parse(
  execFileSync(process.execPath, ['browser.mjs'], { cwd: __dirname, stdio: ['ignore', 'pipe', 'inherit'] }).toString()
);
// The workers read this file again: they get the folder of the first reading. Everything that the server and the
// projects write is in it, so that a user's own settings, keys and trust are not touched.
process.env.CELLAR_UI_FOLDER ??= realpathSync(mkdtempSync(join(tmpdir(), 'cellar-ui-')));
const folder = process.env.CELLAR_UI_FOLDER;
process.env.JUPYTERLAB_GALATA_ROOT_DIR = join(folder, 'root');
mkdirSync(process.env.JUPYTERLAB_GALATA_ROOT_DIR, { recursive: true });
process.env.XDG_STATE_HOME = join(folder, 'state');
const programs = join(__dirname, '..', '.venv', 'bin');
if (!process.env.PATH.split(delimiter).includes(programs)) {
  process.env.PATH = `${programs}${delimiter}${process.env.PATH}`;
}

module.exports = {
  ...base,
  testDir: join(__dirname, 'tests'),
  // The pictures of the README are made on request only.
  testIgnore: process.env.CELLAR_PICTURES === '1' ? [] : ['**/pictures.spec.ts'],
  globalTeardown: join(__dirname, 'end.cjs'),
  timeout: 300_000,
  expect: { timeout: 30_000 },
  workers: 1,
  retries: 0,
  forbidOnly: true,
  reporter: [['list']],
  use: {
    ...base.use,
    viewport: { width: 1280, height: 900 },
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
    command: `exec jupyter lab --config jupyter_server_test_config.py --ip 127.0.0.1 --port ${PORT} --ServerApp.port_retries=0`,
    cwd: __dirname,
    url: `http://127.0.0.1:${PORT}/lab`,
    env: {
      ...process.env,
      JUPYTER_CONFIG_DIR: join(folder, 'jupyter', 'config'),
      JUPYTER_DATA_DIR: join(folder, 'jupyter', 'data'),
      JUPYTER_RUNTIME_DIR: join(folder, 'jupyter', 'runtime')
    },
    // Its log is long and mostly of others: CELLAR_UI_LOG=1 shows it.
    stderr: process.env.CELLAR_UI_LOG === '1' ? 'pipe' : 'ignore',
    timeout: 120_000,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 15_000 },
    reuseExistingServer: false
  }
};
