import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Answer {
  code: number | null;
  out: string;
  err: string;
}

/** A project of its own for one test, with both tools. Remove it with `close`. */
export interface Sandbox {
  root: string;
  write(path: string, text: string): void;
  read(path: string): string;
  has(path: string): boolean;
  remove(path: string): void;
  run(argv: readonly string[], at?: string): Answer;
  dvc(...args: string[]): Answer;
  cellar(...args: string[]): Answer;
  git(...args: string[]): Answer;
  /** The same project at another place, links inside of it kept. */
  copy(): Sandbox;
  close(): void;
}

/** Variables of a run of either tool: nothing of the machine's own configuration. */
export function environment(home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: home,
    LC_ALL: 'C.UTF-8',
    SHELL: '/bin/sh',
    XDG_STATE_HOME: join(home, 'state'),
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
}

const LIMIT_MS = 60_000;

/** @param cellar argv of the command line, from `bundleCli` */
export function sandbox(cellar: readonly string[]): Sandbox {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'cellar-pipeline-')));
  mkdirSync(join(base, 'home'));
  mkdirSync(join(base, 'repo'));
  const box = at(base, cellar);
  box.git('init', '-q');
  const made = box.cellar('init');
  if (made.code !== 0) {
    throw new Error(made.err);
  }
  return box;
}

function at(base: string, cellar: readonly string[]): Sandbox {
  const root = join(base, 'repo');
  const run = (argv: readonly string[], cwd = '.'): Answer => {
    const [program, ...args] = argv;
    const answer = spawnSync(program as string, args, {
      cwd: join(root, cwd),
      env: environment(join(base, 'home')),
      encoding: 'utf8',
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL'
    });
    return { code: answer.status, out: answer.stdout, err: answer.stderr };
  };
  const box: Sandbox = {
    root,
    write(path, text) {
      const abs = join(root, path);
      mkdirSync(dirname(abs), { recursive: true });
      // The file may be a protected link into the cache: written anew, not through.
      rmSync(abs, { force: true });
      writeFileSync(abs, text);
    },
    read: path => readFileSync(join(root, path), 'utf8'),
    has: path => existsSync(join(root, path)),
    remove: path => rmSync(join(root, path), { recursive: true, force: true }),
    run,
    dvc: (...args) => run(['dvc', ...args]),
    cellar: (...args) => run([...cellar, ...args]),
    git: (...args) => run(['git', ...args]),
    copy() {
      const other = realpathSync(mkdtempSync(join(tmpdir(), 'cellar-pipeline-')));
      // `cp -a` keeps hard links between cache and workspace, which Node's own copy does not.
      spawnSync('cp', ['-a', `${base}/.`, other], { timeout: LIMIT_MS });
      return at(other, cellar);
    },
    close: () => rmSync(base, { recursive: true, force: true })
  };
  return box;
}
