import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdirSync, writeFileSync } from '../io/files.js';
import type { Release } from '../io/flock.js';
import { dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { CellarError } from '../protocol/errors.js';
import { findProgram } from './interpreter.js';

/** Says `ok` or `busy`, and holds what it got until its standard input ends: also when the owner is killed. */
const PYTHON = `
import fcntl, sys
lock = open(sys.argv[1], "a+")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    sys.exit(print("busy"))
print("ok", flush=True)
sys.stdin.read()
`;

const HOLD = 'echo ok; read -r _';

/**
 * Hold a `flock` by a process of its own, for systems where we cannot call it ourselves (`koffi` is missing): the
 * `flock` program, else a Python. Resolves null when the lock is busy.
 * @throws `E_NO_FLOCK` when there is neither
 */
export async function lockByHelper(path: string): Promise<Release | null> {
  mkdirSync(dirname(path));
  const argv = helperArgv(path);
  const [program = '', ...args] = argv;
  // Its own group: an interrupt from the keyboard must not open the lock before the owner has cleaned up.
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  const ended = new Promise<void>(resolve => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  child.stdin.on('error', () => undefined);
  if ((await firstWord(child, ended)) !== 'ok') {
    child.stdin.destroy();
    return null;
  }
  // Who holds the lock, for people and for those who wait.
  writeFileSync(path, ` ${process.pid}\n`);
  return async () => {
    child.stdin.destroy();
    await ended;
  };
}

function helperArgv(path: string): string[] {
  const flock = findProgram('flock');
  if (flock !== null) {
    return [flock, '--nonblock', path, '/bin/sh', '-c', HOLD];
  }
  const python = findProgram('python3') ?? findProgram('python');
  if (python === null) {
    throw new CellarError('E_NO_FLOCK', 'This system offers no way to take the project lock that dvc honours.', {
      next: 'Install the optional package koffi, or set core.hardlink_lock.',
      at: { path }
    });
  }
  return [python, '-c', PYTHON, path];
}

type Helper = ChildProcessByStdio<Writable, Readable, null>;

function firstWord(child: Helper, ended: Promise<void>): Promise<string> {
  const said = new Promise<string>(resolve => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString('utf8').trim()));
  });
  return Promise.race([said, ended.then(() => '')]);
}
