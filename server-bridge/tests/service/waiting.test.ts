import { spawn } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { make, stage, testDesks, total } from './desk.js';
import type { Desk, Notebook } from './desk.js';

/** A plan and a run while another process has the project (N53): who is waited for, and what happens afterwards. */

const LIMIT = { timeout: 120_000 };
const { started } = testDesks();

/** Another process until `stdin` ends; resolves when it has said a line. */
async function other(
  desk: Desk,
  program: string,
  ...args: string[]
): Promise<{ pid: number; end: () => Promise<void> }> {
  const child = spawn('python', ['-c', program, ...args], { cwd: desk.root, stdio: ['pipe', 'pipe', 'inherit'] });
  const over = new Promise<void>(resolve => child.once('exit', () => resolve()));
  await new Promise(resolve => child.stdout.once('data', resolve));
  return {
    pid: child.pid ?? 0,
    end: () => {
      child.stdin.end();
      return over;
    }
  };
}

const LOCK =
  'import sys, zc.lockfile\nlock = zc.lockfile.LockFile(sys.argv[1])\nprint("held", flush=True)\nsys.stdin.read()';

async function planned(desk: Desk, book: Notebook): Promise<[string, string, string | undefined][]> {
  const plan = await desk.tab.request('plan/make', { doc: book.doc, mode: 'all', stage: null });
  return plan.items.map(item => [item.name, item.action, item.reasons[0]?.text]);
}

test(
  'while another process holds the lock the plan says wait and whose, and the steps of the run wait',
  LIMIT,
  async () => {
    const desk = await started();
    const book = await desk.open([make, total]);
    expect((await planned(desk, book)).map(([, action]) => action)).toEqual(['run', 'run']);
    const holder = await other(desk, LOCK, join(desk.root, '.dvc/tmp/lock'));
    for (const [, action, reason] of await planned(desk, book)) {
      expect(action).toBe('wait');
      expect(reason).toContain(`process ${holder.pid}`);
    }
    const job = await desk.tab.request('run/start', { doc: book.doc, mode: 'all', stage: null, clientId: 'one' });
    await desk.tab.hear(
      'job/event',
      each =>
        each.job === job.id &&
        each.event.type === 'stage' &&
        each.event.step === 'waiting' &&
        each.event.name === 'total'
    );
    const waiting = await desk.tab.hear('job/event', each => each.event.type === 'progress');
    expect(JSON.stringify(waiting.event)).toContain(`process ${holder.pid}`);
    await holder.end();
    await desk.tab.hear('job/event', each => each.event.type === 'state' && each.event.state === 'done');
    const { events } = await desk.tab.request('job/replay', { job: job.id, path: 'a.ipynb', from: 0 });
    const steps = events.flatMap(event => (event.type === 'stage' && event.name === 'total' ? [event.step] : []));
    expect(steps).toEqual(['waiting', 'queued', 'started', 'saving', 'done']);
  }
);

test('a command of another tool that works on a stage’s files: the run waits for its end', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([make, total]);
  expect((await book.reproduce()).state).toBe('done');
  await book.change([make, stage('total', `${total.source}\nprint(total)`)]);
  // The notebook is compiled before the other command begins: an edit during it would wait by itself (N12).
  await desk.tab.request('plan/make', { doc: book.doc, mode: 'all', stage: null });
  const holder = await other(desk, 'import sys\nprint("on", flush=True)\nsys.stdin.read()');
  const rwlock = join(desk.root, '.dvc/tmp/rwlock');
  const entry = { pid: holder.pid, cmd: 'dvc repro' };
  writeFileSync(rwlock, JSON.stringify({ write: { [join(desk.root, 'total.txt')]: entry } }));
  expect(await planned(desk, book)).toEqual([
    ['make', 'skip', undefined],
    ['total', 'wait', expect.stringContaining(`process ${holder.pid}`)]
  ]);
  const run = book.reproduce();
  await desk.tab.hear('job/event', each => each.event.type === 'stage' && each.event.step === 'waiting');
  await holder.end();
  expect(await run).toEqual({ state: 'done', errors: {} });
  expect((await book.view()).stages.map(each => each.state)).toEqual(['fresh', 'fresh']);
});

test('a wait for another command can be stopped', LIMIT, async () => {
  const desk = await started();
  const book = await desk.open([make, total]);
  await desk.tab.request('plan/make', { doc: book.doc, mode: 'all', stage: null });
  const holder = await other(desk, 'import sys\nprint("on", flush=True)\nsys.stdin.read()');
  const rwlock = join(desk.root, '.dvc/tmp/rwlock');
  const entry = { pid: holder.pid, cmd: 'dvc repro' };
  writeFileSync(rwlock, JSON.stringify({ write: { [join(desk.root, 'total.txt')]: entry } }));
  const job = await desk.tab.request('run/start', { doc: book.doc, mode: 'all', stage: null, clientId: 'one' });
  await desk.tab.hear('job/event', each => each.event.type === 'progress' && each.event.text.includes('waiting'));
  expect((await desk.tab.request('run/stop', { job: job.id, path: 'a.ipynb' })).state).toBe('cancelled');
  expect(existsSync(join(desk.root, 'total.txt'))).toBe(false);
  await holder.end();
  rmSync(rwlock);
});
