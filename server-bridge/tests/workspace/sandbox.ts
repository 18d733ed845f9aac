import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  lstatSync,
  realpathSync,
  rmSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const LIMIT_MS = 60_000;

export interface Ran {
  exit: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A folder with a git repository, and programs that run in it with a home of their own. */
export interface Sandbox {
  readonly base: string;
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  run(argv: readonly string[], options?: { cwd?: string; input?: string; env?: NodeJS.ProcessEnv }): Ran;
  /** Runs and expects success; gives stdout. */
  must(argv: readonly string[], cwd?: string): string;
  start(argv: readonly string[]): ChildProcess;
  remove(): void;
}

export function sandbox(): Sandbox {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'cellar-test-')));
  const root = join(base, 'repo');
  const home = join(base, 'home');
  mkdirSync(root);
  mkdirSync(home);
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: home,
    LC_ALL: 'C.UTF-8',
    DVC_NO_ANALYTICS: '1',
    DVC_SITE_CACHE_DIR: join(home, 'site'),
    DVC_GLOBAL_CONFIG_DIR: join(home, 'global'),
    DVC_SYSTEM_CONFIG_DIR: join(home, 'system'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Ana',
    GIT_AUTHOR_EMAIL: 'ana@example.invalid',
    GIT_COMMITTER_NAME: 'Ana',
    GIT_COMMITTER_EMAIL: 'ana@example.invalid'
  };
  const box: Sandbox = {
    base,
    root,
    env,
    run(argv, options = {}) {
      const [program = '', ...args] = argv;
      const done = spawnSync(program, args, {
        cwd: options.cwd ?? root,
        env: { ...env, ...options.env },
        input: options.input,
        encoding: 'utf8',
        timeout: LIMIT_MS
      });
      if (done.error !== undefined) {
        throw done.error;
      }
      return { exit: done.status, signal: done.signal, stdout: done.stdout, stderr: done.stderr };
    },
    must(argv, cwd) {
      const done = box.run(argv, { cwd });
      if (done.exit !== 0) {
        throw new Error(`${argv.join(' ')} ended with ${done.exit}: ${done.stderr}${done.stdout}`);
      }
      return done.stdout;
    },
    start(argv) {
      const [program = '', ...args] = argv;
      return spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS });
    },
    remove: () => rmSync(base, { recursive: true, force: true })
  };
  box.must(['git', 'init', '--quiet', '--initial-branch=main']);
  return box;
}

/** Everything below a folder: path → what it is; `skip` leaves paths (relative) out with all below them. */
export function listing(folder: string, skip: readonly string[] = []): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (dir: string): void => {
    for (const name of readdirSync(dir).sort()) {
      const path = join(dir, name);
      const way = relative(folder, path);
      if (skip.includes(way)) {
        continue;
      }
      const stats = lstatSync(path);
      if (stats.isDirectory()) {
        found[`${way}/`] = '';
        walk(path);
      } else {
        found[way] = stats.isSymbolicLink() ? `-> ${readlinkSync(path)}` : readFileSync(path, 'latin1');
      }
    }
  };
  walk(folder);
  return found;
}

/** Resolves when the text has been seen on a stream of the process; rejects when it ends first. */
export function seen(child: ChildProcess, stream: 'stdout' | 'stderr', text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = '';
    child[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
      all += chunk;
      if (all.includes(text)) {
        resolve(all);
      }
    });
    child.on('close', () => reject(new Error(`ended without '${text}': ${all}`)));
  });
}

export function ended(child: ChildProcess): Promise<{ exit: number | null; signal: NodeJS.Signals | null }> {
  return new Promise(resolve => child.on('close', (exit, signal) => resolve({ exit, signal })));
}
