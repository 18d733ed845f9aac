import { spawn } from 'node:child_process';
import { CellarError } from '../protocol/errors.js';
import { findGit } from './binary.js';

/** What one git process answered. `stdout` is bytes: paths need not be UTF-8. */
export interface GitAnswer {
  code: number;
  stdout: Buffer;
  stderr: string;
}

export interface GitOptions {
  /** Bytes for standard input; without it standard input is closed. */
  stdin?: Buffer | string;
  /** Exit codes that are answers, not failures; default `[0]`. */
  ok?: readonly number[];
  /** Upper bound in milliseconds; default 60 s. */
  timeout?: number;
  signal?: AbortSignal;
}

/**
 * Options before every sub-command: nothing from the repository's own configuration may start a program or talk to a
 * terminal (T10), and output has one form on every machine.
 */
const FIXED_OPTIONS = [
  '--no-pager',
  ...[
    'core.fsmonitor=false',
    'core.hooksPath=/dev/null',
    'core.pager=cat',
    'core.editor=true',
    'core.quotePath=false',
    'core.alternateRefsCommand=true',
    'color.ui=false',
    'diff.external=',
    'gc.auto=0',
    'maintenance.auto=false',
    'log.showSignature=false',
    'protocol.ext.allow=never',
    'submodule.recurse=false'
  ].flatMap(setting => ['-c', setting])
] as const;

/** Variables of git's own that carry the user's identity or configuration files; every other `GIT_*` is dropped. */
const KEPT =
  /^GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL|DATE)$|^GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)$|^GIT_CEILING_DIRECTORIES$/;

/** Environment of a git process: a caller's `GIT_DIR` or `GIT_INDEX_FILE` (we may run in a hook) must not redirect us. */
export function gitEnvironment(from: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(from)) {
    if (!name.startsWith('GIT_') || KEPT.test(name)) {
      env[name] = value;
    }
  }
  env.GIT_OPTIONAL_LOCKS = '0';
  env.GIT_TERMINAL_PROMPT = '0';
  env.GIT_ASKPASS = '';
  env.GIT_PAGER = 'cat';
  env.LC_ALL = 'C';
  return env;
}

/** Full argument list of a sub-command, for processes that stay open (`ignore-session.ts`). */
export function gitArguments(args: readonly string[]): string[] {
  // check-ignore refuses the option; it is given paths under `./`, which no pathspec magic can begin.
  const literal = args[0] === 'check-ignore' ? [] : ['--literal-pathspecs'];
  return [...FIXED_OPTIONS, ...literal, ...args];
}

/**
 * Run one git sub-command in `cwd` and collect its output.
 * @throws `E_NO_GIT` without git, `E_GIT` when it fails, `E_GIT_TIMEOUT` when it does not end.
 */
export function runGit(cwd: string, args: readonly string[], options: GitOptions = {}): Promise<GitAnswer> {
  const { ok = [0], timeout = 60_000, signal, stdin } = options;
  const program = findGit();
  return new Promise((resolve, reject) => {
    const child = spawn(program, gitArguments(args), {
      cwd,
      env: gitEnvironment(),
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      timeout,
      killSignal: 'SIGKILL',
      signal,
      windowsHide: true
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', cause => {
      reject(
        signal?.aborted
          ? new CellarError('E_CANCELLED', 'Cancelled.', { cause })
          : new CellarError('E_GIT', `git could not be started: ${cause.message}.`, { cause })
      );
    });
    child.on('close', (code, killed) => {
      const answer = { code: code ?? -1, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString('utf8') };
      if (killed !== null) {
        reject(new CellarError('E_GIT_TIMEOUT', `git ${args[0]} did not end within ${timeout / 1000} s.`));
      } else if (ok.includes(answer.code)) {
        resolve(answer);
      } else {
        reject(
          new CellarError('E_GIT', firstLine(answer.stderr) || `git ${args[0]} failed with code ${answer.code}.`, {
            data: { command: args[0], code: answer.code, stderr: answer.stderr.slice(0, 4000) }
          })
        );
      }
    });
    if (stdin !== undefined && child.stdin) {
      // git may end before it has read everything (a bad pathspec); its exit code says so, EPIPE adds nothing.
      child.stdin.on('error', () => undefined);
      child.stdin.end(stdin);
    }
  });
}

function firstLine(text: string): string {
  return (
    text
      .split('\n')
      .find(line => line.trim() !== '')
      ?.replace(/^(fatal|error): /, '') ?? ''
  );
}

/** The items of a `-z` listing. */
export function splitNul(bytes: Buffer): string[] {
  const text = bytes.toString('utf8');
  return text === '' ? [] : text.replace(/\0$/, '').split('\0');
}
