import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Scenario, Step } from './scenario.js';
import { takeSnapshot } from './snapshot.js';
import type { Snapshot } from './snapshot.js';

/** What one call of the tool left behind. */
export interface Answer {
  args: string[];
  exit: number | null;
  json?: unknown;
  stdout?: string;
  /** stderr, for the reader of a failure; never compared. */
  stderr: string;
  tree: Snapshot;
  /** `git status` lines: what is staged, changed, untracked. */
  git: string[];
}

export interface Tool {
  name: 'dvc' | 'cellar';
  argv: string[];
}

const LIMIT_MS = 60_000;

function environment(home: string): NodeJS.ProcessEnv {
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
    GIT_COMMITTER_EMAIL: 'ana@example.invalid',
    GIT_AUTHOR_DATE: '2026-01-02T03:04:05Z',
    GIT_COMMITTER_DATE: '2026-01-02T03:04:05Z'
  };
}

/** Plays a scenario in a folder of its own and returns what each call of the tool left. The folder is removed. */
export function play(scenario: Scenario, tool: Tool): Answer[] {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'cellar-play-')));
  const root = join(base, 'repo');
  const env = environment(join(base, 'home'));
  mkdirSync(root);
  mkdirSync(join(base, 'home'));
  try {
    return scenario.steps.flatMap(step => perform(step, root, env, tool) ?? []);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

function perform(step: Step, root: string, env: NodeJS.ProcessEnv, tool: Tool): Answer | undefined {
  const at = 'path' in step ? join(root, step.path) : root;
  switch (step.do) {
    case 'write':
    case 'bytes':
      mkdirSync(dirname(at), { recursive: true });
      // Written aside and renamed: the file may be a protected link into the cache.
      rmSync(at, { force: true });
      writeFileSync(at, step.do === 'write' ? step.text : Buffer.from(step.base64, 'base64'));
      if (step.do === 'write' && step.mode !== undefined) {
        chmodSync(at, step.mode);
      }
      return undefined;
    case 'mkdir':
      mkdirSync(at, { recursive: true });
      return undefined;
    case 'remove':
      rmSync(at, { recursive: true });
      return undefined;
    case 'rename':
      renameSync(at, join(root, step.to));
      return undefined;
    case 'chmod':
      chmodSync(at, step.mode);
      return undefined;
    case 'symlink':
      symlinkSync(step.target, at);
      return undefined;
    case 'git':
      run('git', step.args, root, env, true);
      return undefined;
    case 'tool':
      return call(step, root, env, tool);
  }
}

function call(step: Step & { do: 'tool' }, root: string, env: NodeJS.ProcessEnv, tool: Tool): Answer {
  const [program = '', ...before] = tool.argv;
  const answer = run(program, [...before, ...step.args], join(root, step.in ?? ''), env, false);
  const done: Answer = {
    args: step.args,
    exit: answer.status,
    stderr: answer.stderr.split(root).join('<root>'),
    tree: takeSnapshot(root),
    git: gitStatus(root, env)
  };
  if (step.args.includes('--json') && answer.status === 0) {
    done.json = JSON.parse(answer.stdout) as unknown;
  }
  if (step.stdout) {
    done.stdout = answer.stdout.split(root).join('<root>');
  }
  return done;
}

function gitStatus(root: string, env: NodeJS.ProcessEnv): string[] {
  const answer = run('git', ['status', '--porcelain=v1', '--untracked-files=all'], root, env, false);
  return answer.status === 0
    ? answer.stdout
        .split('\n')
        .filter(line => line !== '')
        .sort()
    : [];
}

function run(
  program: string,
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  must: boolean
): { status: number | null; stdout: string; stderr: string } {
  const answer = spawnSync(program, args, {
    cwd,
    env,
    encoding: 'utf8',
    timeout: LIMIT_MS,
    stdio: ['ignore', 'pipe', 'pipe']
  });
  if (answer.error !== undefined) {
    throw answer.error;
  }
  if (must && answer.status !== 0) {
    throw new Error(`${program} ${args.join(' ')}: ${answer.stderr}`);
  }
  return { status: answer.status, stdout: answer.stdout, stderr: answer.stderr };
}
