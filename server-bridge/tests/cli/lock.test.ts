import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bundleCli } from '../bundle-cli.js';
import { ended, sandbox, seen, type Sandbox } from '../workspace/sandbox.js';

let bundle: { argv: string[]; remove: () => void };
let box: Sandbox;

beforeAll(async () => {
  bundle = await bundleCli();
});
afterAll(() => bundle.remove());
beforeEach(() => {
  box = sandbox();
  box.must([...bundle.argv, 'init', '-q']);
  writeFileSync(join(box.root, 'a'), 'a');
});
afterEach(() => box.remove());

/** Real dvc's own lock, held until it is killed; its pid is in the lock file. */
const HOLD = `
import signal
from dvc.repo import Repo
with Repo().lock:
    print("held", flush=True)
    signal.pause()
`;

/** Resolves when a file of that name is in the folder. */
function appears(folder: string, name: string): Promise<void> {
  return new Promise(resolve => {
    const check = (): void => {
      if (existsSync(join(folder, name))) {
        watcher.close();
        resolve();
      }
    };
    const watcher = watch(folder, check);
    check();
  });
}

async function withHolder(work: (pid: number, release: () => Promise<unknown>) => Promise<void>): Promise<void> {
  const holder = box.start(['python', '-c', HOLD]);
  const gone = ended(holder);
  try {
    await seen(holder, 'stdout', 'held');
    await work(holder.pid ?? 0, () => {
      holder.kill('SIGKILL');
      return gone;
    });
  } finally {
    holder.kill('SIGKILL');
    await gone;
  }
}

describe('while dvc holds the project', () => {
  test('a command says for whom it waits, gives up with 255, and the next one works', () =>
    withHolder(async (pid, release) => {
      const { exit, stderr, stdout } = box.run([...bundle.argv, 'status']);
      expect(exit).toBe(255);
      expect(stdout).toBe('');
      expect(stderr).toMatch(new RegExp(`^Waiting for .*process ${pid}.*, which works on this project…\n`));
      expect(stderr).toContain('\nERROR: Unable to acquire lock');
      expect(stderr).toContain('\nNEXT: ');
      await release();
      expect(box.run([...bundle.argv, 'status']).exit).toBe(0);
    }));

  test('`add` ends with 1, as `dvc add` does, and has touched nothing', () =>
    withHolder(async (_, release) => {
      expect(box.run([...bundle.argv, 'add', 'a']).exit).toBe(1);
      expect(readFileSync(join(box.root, 'a'), 'utf8')).toBe('a');
      expect(box.run(['git', 'status', '--porcelain', '--', '*.dvc', '.gitignore']).stdout).toBe('');
      await release();
      expect(box.run([...bundle.argv, 'add', 'a']).exit).toBe(0);
    }));

  test('--wait-for-lock goes on as soon as it is free', () =>
    withHolder(async (_, release) => {
      const waiting = box.start([...bundle.argv, '--wait-for-lock', 'add', 'a']);
      const done = ended(waiting);
      await seen(waiting, 'stderr', 'Waiting for');
      await release();
      expect(await done).toEqual({ exit: 0, signal: null });
      expect(readFileSync(join(box.root, 'a.dvc'), 'utf8')).toContain('0cc175b9c0f1b6a831c399e269772661');
    }));

  test('Ctrl-C ends the waiting with 252', () =>
    withHolder(async () => {
      const waiting = box.start([...bundle.argv, '--wait-for-lock', 'status']);
      const done = ended(waiting);
      const said = seen(waiting, 'stderr', 'interrupted by the user');
      await seen(waiting, 'stderr', 'Waiting for');
      waiting.kill('SIGINT');
      expect(await said).toContain('ERROR: interrupted by the user');
      expect(await done).toEqual({ exit: 252, signal: null });
    }));
});

test('Ctrl-C in the middle of the work, which reaches git too, ends with 252 and leaves nothing half done', async () => {
  // The group is interrupted while git is asked: a git that hangs stands for a slow moment.
  const slow = join(box.base, 'bin');
  mkdirSync(slow);
  writeFileSync(join(slow, 'git'), '#!/bin/sh\necho "$@" >> "$0.called"\nexec sleep 60\n', { mode: 0o755 });
  const env = { ...box.env, PATH: `${slow}:${box.env['PATH'] ?? ''}` };
  const [program = '', ...before] = bundle.argv;
  const child = spawn(program, [...before, 'add', 'a'], { cwd: box.root, env, detached: true, timeout: 60_000 });
  const done = ended(child);
  const said = seen(child, 'stderr', 'NEXT: Run the same command again');
  await appears(slow, 'git.called');
  process.kill(-(child.pid ?? 0), 'SIGINT');
  expect(await said).toContain('interrupted by the user');
  expect(await done).toEqual({ exit: 252, signal: null });
  expect(box.must(['git', 'status', '--porcelain', '--', '*.dvc'])).toBe('');
  expect(box.run([...bundle.argv, 'add', 'a']).exit).toBe(0);
});

test('a path that a running `dvc repro` writes is busy', () => {
  const entry = { write: { [join(box.root, 'a')]: { pid: process.pid, cmd: 'dvc repro' } } };
  writeFileSync(join(box.root, '.dvc', 'tmp', 'rwlock'), JSON.stringify(entry));
  const { exit, stderr } = box.run([...bundle.argv, 'add', 'a']);
  expect(exit).toBe(1);
  expect(stderr).toContain("a' is busy, it is being blocked by:\n  (PID " + process.pid + '): dvc repro');
  const dead = { write: { [join(box.root, 'a')]: { pid: 2 ** 22 + 1, cmd: 'dvc repro' } } };
  writeFileSync(join(box.root, '.dvc', 'tmp', 'rwlock'), JSON.stringify(dead));
  expect(box.run([...bundle.argv, 'add', 'a']).exit).toBe(0);
});

test('dvc waits for us in the same way: the lock file names this process', () => {
  box.must([...bundle.argv, 'add', 'a']);
  expect(readFileSync(join(box.root, '.dvc', 'tmp', 'lock'), 'utf8')).toMatch(/^ \d+\n$/);
  expect(readFileSync(join(box.root, '.dvc', 'tmp', 'rwlock'), 'utf8')).toBe('{}');
});
