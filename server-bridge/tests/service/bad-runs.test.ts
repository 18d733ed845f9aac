import { existsSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { holds, make, stage, testDesks, total } from './desk.js';

/** Runs that fail, wait, or lose their bridge: nothing is lost, and the same button works afterwards. */

const LIMIT = { timeout: 180_000 };
const { desks, started } = testDesks();

test('a stage that fails: traceback with its line, old outs back, downstream not run', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([make, total]);
  expect((await book.reproduce()).state).toBe('done');
  const good = desk.read('total.txt');
  await book.change([stage('make', 'values = [1, 2]\n1 / 0'), total]);
  const run = await book.reproduce();
  expect(run.errors['make']).toMatchObject({
    code: 'E_STAGE_RAISED',
    message: holds('ZeroDivisionError')
  });
  expect(await book.problem('E_STAGE_RAISED')).toMatchObject({
    cell: 0,
    line: 2,
    stage: 'make',
    severity: 'error',
    next: holds('orrect')
  });
  expect(desk.read('total.txt')).toBe(good);
  expect(existsSync(join(desk.root, '.cellar/a/vars/make/values.var'))).toBe(true);
  await book.change([stage('make', 'values = [1, 2]'), total]);
  expect((await book.view()).problems).toEqual([]);
  expect((await book.reproduce()).state).toBe('done');
  expect(desk.read('total.txt')).toBe('3');
});

test(
  'real dvc holds the lock: the wait is shown and can be stopped; afterwards the same button works',
  LIMIT,
  async () => {
    const desk = await started();
    const book = await desk.open([make, total]);
    const holder = spawn(
      'python',
      [
        '-c',
        'import sys, zc.lockfile\nlock = zc.lockfile.LockFile(sys.argv[1])\nprint("held", flush=True)\nsys.stdin.read()',
        join(desk.root, '.dvc/tmp/lock')
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] }
    );
    await new Promise(resolve => holder.stdout.once('data', resolve));
    const job = await desk.tab.request('run/start', { doc: book.doc, mode: 'all', stage: null, clientId: 'one' });
    const waiting = await desk.tab.hear(
      'job/event',
      each => each.event.type === 'progress' && each.event.text.includes('waiting')
    );
    expect(JSON.stringify(waiting.event)).toContain(String(holder.pid));
    expect((await desk.tab.request('run/stop', { job: job.id, path: 'a.ipynb' })).state).toBe('cancelled');
    holder.stdin.end();
    await new Promise(resolve => holder.once('exit', resolve));
    expect((await book.reproduce()).state).toBe('done');
  }
);

test(
  'kill -9 of the bridge in mid-stage: outs are put back, the run is listed as interrupted, the same button works',
  LIMIT,
  async () => {
    const desk = await started();
    const book = await desk.open([make, total]);
    expect((await book.reproduce()).state).toBe('done');
    await book.change([make, stage('total', `${total.source}\nimport time\nprint("now", flush=True)\ntime.sleep(60)`)]);
    await desk.tab.request('run/start', { doc: book.doc, mode: 'all', stage: null, clientId: 'one' });
    await desk.tab.hear('job/event', each => each.event.type === 'runner' && each.event.event.event === 'stream');
    const gone = new Promise(resolve => desk.bridge.child.once('exit', resolve));
    desk.bridge.child.kill('SIGKILL');
    await gone;
    const again = await desk.restart();
    desks.push(again);
    const project = await again.tab.request('project/get', { path: 'a.ipynb' });
    expect(project.jobs[0]?.state).toBe('interrupted');
    const reopened = await again.open([make, total]);
    expect((await reopened.reproduce()).state).toBe('done');
    expect(desk.read('total.txt')).toBe('6');
    expect((await reopened.view()).stages.map(each => each.state)).toEqual(['fresh', 'fresh']);
  }
);
