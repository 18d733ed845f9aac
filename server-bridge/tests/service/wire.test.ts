import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { NotebookView, WireCell } from '../../src/protocol/wire.js';
import { bundleCli } from '../bundle-cli.js';
import { startBridge } from './bridge-client.js';
import type { Bridge, Tab } from './bridge-client.js';

const LIMIT = { timeout: 120_000 };

let bundle: Awaited<ReturnType<typeof bundleCli>>;
let base: string;
let root: string;
let bridge: Bridge;
let tab: Tab;

beforeAll(async () => {
  bundle = await bundleCli();
}, 60_000);
afterAll(() => bundle.remove());

beforeEach(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'cellar-wire-')));
  root = join(base, 'work');
  mkdirSync(root);
  spawnSync('git', ['init', '--quiet', root]);
  bridge = await startBridge(bundle.bridge, root, { XDG_STATE_HOME: join(base, 'state') });
  tab = await bridge.connect();
});
afterEach(async () => {
  tab.close();
  await bridge.stop();
  rmSync(base, { recursive: true, force: true });
});

const code = (source: string, tag?: unknown): WireCell => ({ type: 'code', id: null, source, tag, tags: [] });
const stage = (name: string): unknown => ({ role: 'stage', stage: name });

const cells: WireCell[] = [
  code('import json\n\n\ndef double(x):\n    return 2 * x', { role: 'setup' }),
  code('n = 3', { role: 'params' }),
  code('values = list(range(n))\nprint("made", len(values))', stage('make')),
  code('twice = [double(v) for v in values]\ntwice', stage('twice')),
  code('with open("sum.json", "w") as out:\n    json.dump({"sum": sum(twice)}, out)', stage('save')),
  code('twice')
];

const kernel = { name: 'python3', language: 'python', executable: null };

function open(path: string, list: WireCell[] = cells): Promise<NotebookView> {
  const metadata = { version: 1 };
  return tab.request('notebook/open', { path, base: null, version: 1, metadata, kernel, cells: list });
}

async function startProject(): Promise<void> {
  await tab.request('project/start', { path: 'a.ipynb', gitInit: false, subdir: false });
}

async function reproduce(doc: string): Promise<string> {
  const job = await tab.request('run/start', { doc, mode: 'all', stage: null, clientId: 'one' });
  const end = await tab.hear(
    'job/event',
    each => each.job === job.id && each.event.type === 'state' && each.event.state !== 'running'
  );
  return end.event.type === 'state' ? end.event.state : '';
}

test('the socket answers nobody without the secret (S1)', LIMIT, async () => {
  const status = await new Promise<number | undefined>(resolve => {
    const asked = httpRequest(
      {
        socketPath: bridge.socketPath,
        path: '/rpc',
        headers: {
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
          'X-Bridge-Secret': 'wrong'
        }
      },
      response => resolve(response.statusCode)
    );
    asked.end();
  });
  expect(status).toBe(403);
});

test('a protocol of another version is refused with a next step', LIMIT, async () => {
  await expect(tab.request('hello', { protocol: 99, client: 'test' })).rejects.toMatchObject({
    data: { code: 'E_PROTOCOL', next: expect.stringContaining('Reload') as string }
  });
});

test('one click starts a project, exactly in the git root', LIMIT, async () => {
  expect(await tab.request('project/get', { path: 'a.ipynb' })).toMatchObject({
    state: 'none',
    start: { gitInit: false, root }
  });
  await startProject();
  expect(readFileSync(join(root, '.dvc', '.gitignore'), 'utf8')).toBe('/config.local\n/tmp\n/cache\n');
  expect(await tab.request('project/get', { path: 'a.ipynb' })).toMatchObject({ state: 'ready', trust: 'trusted' });
});

test('tagged cells run, stream into the log, are recorded, and load into a kernel', LIMIT, async () => {
  await startProject();
  const { doc } = await open('a.ipynb');
  const plan = await tab.request('plan/make', { doc, mode: 'all', stage: null });
  expect(plan.items.map(item => [item.name, item.action])).toEqual([
    ['make', 'run'],
    ['twice', 'run'],
    ['save', 'run']
  ]);
  expect(await reproduce(doc)).toBe('done');
  const streams = tab.heard.flatMap(each => {
    const event = (each.params as { event?: { type: string; event: { event: string; text: string } } }).event;
    return event?.type === 'runner' && event.event.event === 'stream' ? [event.event.text] : [];
  });
  expect(streams.join('')).toBe('made 3\n');
  expect(JSON.parse(readFileSync(join(root, 'sum.json'), 'utf8'))).toEqual({ sum: 6 });
  const view = await tab.hear('notebook/view', each => each.stages.every(one => one.state === 'fresh'));
  expect(view.stages.map(each => each.name)).toEqual(['make', 'twice', 'save']);
  const recorded = await tab.request('outputs/recorded', { doc });
  expect(recorded.stages.find(each => each.stage === 'twice')).toMatchObject({
    madeHere: true,
    cells: [{ cell: 3, outputs: [{ output_type: 'execute_result', data: { 'text/plain': '[0, 2, 4]' } }] }]
  });
  const load = await tab.request('results/load', { doc, cell: 5 });
  expect(load.variables.map(each => [each.name, each.format])).toEqual([
    ['values', 'json'],
    ['twice', 'json']
  ]);
  const kernelRun = spawnSync('python', ['-'], {
    cwd: base,
    encoding: 'utf8',
    input: `${load.code}\nprint(twice, double(4), n, __cellar_loaded__)`
  });
  expect(kernelRun.stdout).toMatch(/^\[0, 2, 4\] 8 3 \{"ok": true/);
  expect(spawnSync('dvc', ['status'], { cwd: root, encoding: 'utf8' }).stdout).toContain('up to date');
});

test('only what depends on a change is stale, with its reason, before anything is saved', LIMIT, async () => {
  await startProject();
  const { doc } = await open('a.ipynb');
  expect(await reproduce(doc)).toBe('done');
  const changed = code('import json\n\n\ndef double(x):\n    return x + x', { role: 'setup' });
  await tab.request('notebook/change', { doc, version: 2, deltas: [{ start: 0, remove: 1, insert: [changed] }] });
  const view = await tab.hear('notebook/view', each => each.version === 2);
  expect(view.stages.map(each => [each.name, each.state])).toEqual([
    ['make', 'fresh'],
    ['twice', 'stale'],
    ['save', 'pending']
  ]);
  expect(view.stages[1]?.reasons).toContainEqual({ kind: 'definition', text: 'function `double` changed' });
  expect(await reproduce(doc)).toBe('done');
});

test('a stage that fails keeps its old outs, and what needs it does not run', LIMIT, async () => {
  await startProject();
  const { doc } = await open('a.ipynb');
  expect(await reproduce(doc)).toBe('done');
  const before = readFileSync(join(root, 'sum.json'), 'utf8');
  const broken = code('twice = [double(v) for v in values]\nraise ValueError("no")', stage('twice'));
  await tab.request('notebook/change', { doc, version: 2, deltas: [{ start: 3, remove: 1, insert: [broken] }] });
  tab.heard.length = 0;
  expect(await reproduce(doc)).toBe('failed');
  const view = await tab.hear('notebook/view', each => each.stages[1]?.state === 'failed');
  expect(view.stages[1]?.reasons[0]?.text).toContain('ValueError: no');
  expect(readFileSync(join(root, 'sum.json'), 'utf8')).toBe(before);
  expect(existsSync(join(root, '.cellar/a/vars/twice/twice.var'))).toBe(true);
});

test('stop ends a stage and puts its outs back (N54)', LIMIT, async () => {
  await startProject();
  const slow = [...cells];
  slow[2] = code('import time\nvalues = [1]\nprint("started", flush=True)\ntime.sleep(60)', stage('make'));
  const { doc } = await open('a.ipynb', slow);
  const job = await tab.request('run/start', { doc, mode: 'all', stage: null, clientId: 'one' });
  await tab.hear('job/event', each => each.event.type === 'runner' && each.event.event.event === 'stream');
  const stopped = await tab.request('run/stop', { job: job.id, path: 'a.ipynb' });
  expect(stopped.state).toBe('cancelled');
  expect(existsSync(join(root, 'dvc.lock'))).toBe(false);
});

test('a job is replayed whole to a tab that was not there (N54, N56)', LIMIT, async () => {
  await startProject();
  const { doc } = await open('a.ipynb');
  expect(await reproduce(doc)).toBe('done');
  const watched = tab.heard.flatMap(each =>
    each.name === 'job/event' ? [(each.params as { event: { n: number } }).event] : []
  );
  const later = await bridge.connect();
  const { job } = await later.request('notebook/open', {
    path: 'a.ipynb',
    base: null,
    version: 1,
    metadata: { version: 1 },
    kernel,
    cells
  });
  const replay = await later.request('job/replay', { job: job?.id ?? '', path: 'a.ipynb', from: 0 });
  expect(replay.events).toEqual(watched);
  later.close();
});

test(
  'nothing is written while two tabs hold different texts, or the file is not what was loaded (N51)',
  LIMIT,
  async () => {
    await startProject();
    const { doc } = await open('a.ipynb');
    const other = await bridge.connect();
    await other.request('notebook/open', {
      path: 'a.ipynb',
      base: null,
      version: 1,
      metadata: { version: 1 },
      kernel,
      cells: cells.slice(0, 3)
    });
    await expect(tab.request('run/start', { doc, mode: 'all', stage: null, clientId: 'one' })).rejects.toMatchObject({
      data: { code: 'E_TWO_TABS' }
    });
    other.close();
    const text = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n';
    writeFileSync(join(root, 'b.ipynb'), text);
    const loaded = createHash('sha256').update('what the tab loaded').digest('hex');
    const view = await tab.request('notebook/open', {
      path: 'b.ipynb',
      base: loaded,
      version: 1,
      metadata: { version: 1 },
      kernel,
      cells
    });
    expect(view.held).toMatchObject({ code: 'E_FILE_CHANGED' });
  }
);

test('a project that was not started here is analysed but not run, until trusted (N64)', LIMIT, async () => {
  spawnSync('dvc', ['init', '--quiet'], { cwd: root });
  const view = await tab.request('notebook/open', {
    path: 'a.ipynb',
    base: null,
    version: 1,
    metadata: { version: 1 },
    kernel,
    cells
  });
  expect(view.trust).toBe('restricted');
  expect(view.stages).toHaveLength(3);
  await expect(
    tab.request('run/start', { doc: view.doc, mode: 'all', stage: null, clientId: 'one' })
  ).rejects.toMatchObject({ data: { code: 'E_RESTRICTED' } });
  expect(existsSync(join(root, '.cellar'))).toBe(false);
  const { digest } = await tab.request('project/review', { path: 'a.ipynb' });
  await tab.request('project/trust', { path: 'a.ipynb', digest, scope: 'code' });
  expect(await reproduce(view.doc)).toBe('done');
});

test('the bridge ends with its owner, and so does a running stage', LIMIT, async () => {
  await startProject();
  const slow = [...cells];
  slow[2] = code('import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)\nvalues = [1]', stage('make'));
  const { doc } = await open('a.ipynb', slow);
  await tab.request('run/start', { doc, mode: 'all', stage: null, clientId: 'one' });
  const said = await tab.hear('job/event', each => each.event.type === 'runner' && each.event.event.event === 'stream');
  const pid = said.event.type === 'runner' && said.event.event.event === 'stream' ? Number(said.event.event.text) : 0;
  // A dead owner does not read what the bridge still says.
  bridge.child.stdout?.destroy();
  expect(await bridge.stop()).toBe(0);
  expect(() => process.kill(pid, 0)).toThrow();
});

test('a runner that no Cellar published is not run (N47)', LIMIT, async () => {
  await startProject();
  const { doc } = await open('a.ipynb');
  expect(await reproduce(doc)).toBe('done');
  const runner = join(root, '.cellar', 'run.py');
  writeFileSync(runner, 'SEMANTICS = 99\nprint("not ours")\n');
  const changed = code('n = 4', { role: 'params' });
  await tab.request('notebook/change', { doc, version: 2, deltas: [{ start: 1, remove: 1, insert: [changed] }] });
  await expect(tab.request('run/start', { doc, mode: 'all', stage: null, clientId: 'one' })).rejects.toMatchObject({
    data: { code: 'E_RUNNER_UNKNOWN', next: expect.stringContaining('remove it') as string }
  });
  expect(readFileSync(runner, 'utf8')).toContain('not ours');
  rmSync(runner);
  tab.heard.length = 0;
  expect(await reproduce(doc)).toBe('done');
});

test('code that came with another commit while a stage ran is not trusted with it (N64)', LIMIT, async () => {
  await startProject();
  const git = (cwd: string, ...args: string[]): void => {
    const user = ['-c', 'user.name=a', '-c', 'user.email=a@example.invalid'];
    expect(spawnSync('git', [...user, ...args], { cwd }).status).toBe(0);
  };
  git(root, 'add', '--all');
  git(root, 'commit', '--quiet', '-m', 'start');
  const theirs = mkdtempSync(join(tmpdir(), 'cellar-theirs-'));
  onTestFinished(() => rmSync(theirs, { recursive: true, force: true }));
  git(theirs, 'clone', '--quiet', root, '.');
  mkdirSync(join(theirs, 'sub'));
  writeFileSync(join(theirs, 'sub', 'dvc.yaml'), 'stages:\n  theirs:\n    cmd: echo theirs > out\n    outs: [out]\n');
  git(theirs, 'add', 'sub');
  git(theirs, 'commit', '--quiet', '-m', 'theirs');
  const waits =
    'import os, time\nprint("go", flush=True)\nwhile not os.path.exists("pulled"):\n    time.sleep(0.05)\nvalues = [1]';
  const { doc } = await open(
    'a.ipynb',
    cells.with(2, code(waits, { ...(stage('make') as object), ignore: ['pulled'] }))
  );
  const job = await tab.request('run/start', { doc, mode: 'all', stage: null, clientId: 'one' });
  await tab.hear('job/event', each => each.event.type === 'runner' && each.event.event.event === 'stream');
  git(root, 'pull', '--quiet', '--ff-only', theirs, 'HEAD');
  writeFileSync(join(root, 'pulled'), '');
  await tab.hear(
    'job/event',
    each => each.job === job.id && each.event.type === 'state' && each.event.state !== 'running'
  );
  expect((await tab.request('project/get', { path: 'a.ipynb', again: true })).trust).toBe('restricted');
});
