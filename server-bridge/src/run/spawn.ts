import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { CellarError } from '../protocol/errors.js';
import { endGroup, groupAlive, leaderAlive } from './group.js';
import { findProgram } from './interpreter.js';
import { callOff, letGo, watched, WATCHER_FD } from './lifeline.js';

export interface CommandOptions {
  /** Program and arguments; no shell reads them. */
  argv: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Ends the whole process group when aborted; the result then says `cancelled`. */
  signal?: AbortSignal;
  /** Standard output and error by chunks. Without both, the command writes to the streams of this process, as under `dvc`. */
  onStdout?: (chunk: Buffer) => void;
  onStderr?: (chunk: Buffer) => void;
  /**
   * End the group when this process dies, however it dies. The command also gets the descriptor in `CELLAR_LIFELINE`:
   * it reads as ended when the owner is gone.
   */
  lifeline?: boolean;
  /** A descriptor of the child from which whole lines are read, `onLine` gets each; its number stands in this variable as `fd:N`. */
  lines?: { variable: string; onLine: (line: string) => void };
  /** Told once the process exists; with `lifeline` before its command begins: for the journal (N55). */
  onStart?: (pid: number) => void;
}

export interface CommandResult {
  /** Exit code; the negative signal number when a signal ended it, as Python reports it. */
  code: number;
  cancelled: boolean;
}

/** Numbers of the signals that can end a command, as Python prints them (`-9`). */
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGXCPU: 24,
  SIGXFSZ: 25
};

const LIFELINE_FD = 3;
const LINES_FD = 4;

/**
 * Run one command as the leader of its own process group and wait for it. What it left running in the group when it
 * ends by itself stays, as under `dvc`; after a cancel nothing of the group is left.
 * @throws `E_COMMAND_START` when the program cannot be started, `E_CANCELLED` when `signal` was aborted before.
 */
export async function runCommand(options: CommandOptions): Promise<CommandResult> {
  if (options.signal?.aborted) {
    throw new CellarError('E_CANCELLED', 'Cancelled before the command started.', { exit: 252 });
  }
  if (options.lifeline && findProgram(options.argv[0] as string, options.env) === null) {
    throw new CellarError('E_COMMAND_START', `'${options.argv[0]}' is not a program.`);
  }
  const child = start(options);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', cause => {
      reject(
        new CellarError('E_COMMAND_START', `'${options.argv[0]}' could not be started: ${cause.message}.`, { cause })
      );
    });
  });
  const pid = child.pid as number;
  forward(child, options);
  try {
    options.onStart?.(pid);
  } catch (error) {
    streamAt(child, WATCHER_FD)?.destroy();
    throw error;
  }
  letGo(streamAt(child, WATCHER_FD));
  const endings: Promise<void>[] = [];
  const cancel = (): void => {
    endings.push(endGroup(pid, () => leaderAlive(child) || groupAlive(pid)));
  };
  if (options.signal?.aborted) {
    cancel();
  } else {
    options.signal?.addEventListener('abort', cancel, { once: true });
  }
  try {
    const code = await ended(child);
    await Promise.all(endings);
    return { code, cancelled: endings.length > 0 };
  } finally {
    options.signal?.removeEventListener('abort', cancel);
  }
}

function start(options: CommandOptions): ChildProcess {
  const piped = options.onStdout !== undefined || options.onStderr !== undefined;
  const stdio: StdioOptions = piped ? ['ignore', 'pipe', 'pipe'] : ['inherit', 'inherit', 'inherit'];
  stdio.push(options.lifeline ? 'pipe' : 'ignore', options.lines ? 'pipe' : 'ignore');
  const env = { ...options.env };
  if (options.lifeline) {
    stdio.push('pipe');
    env.CELLAR_LIFELINE = String(LIFELINE_FD);
  }
  if (options.lines) {
    env[options.lines.variable] = `fd:${LINES_FD}`;
  }
  const [program, ...args] = options.lifeline ? watched(options.argv) : options.argv;
  return spawn(program as string, args, {
    cwd: options.cwd,
    env,
    stdio,
    detached: process.platform !== 'win32',
    windowsHide: true
  });
}

function forward(child: ChildProcess, options: CommandOptions): void {
  child.stdout?.on('data', (chunk: Buffer) => options.onStdout?.(chunk));
  child.stderr?.on('data', (chunk: Buffer) => options.onStderr?.(chunk));
  const lines = streamAt(child, LINES_FD);
  if (lines && options.lines) {
    const { onLine } = options.lines;
    let rest = '';
    const decoder = new TextDecoder();
    lines.on('data', (chunk: Buffer) => {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      parts.filter(part => part !== '').forEach(onLine);
    });
    lines.on('error', () => undefined);
  }
  // Nothing is read from the owner's ends of these; the child closing its own is no event for us.
  for (const end of options.lifeline ? [streamAt(child, LIFELINE_FD), streamAt(child, WATCHER_FD)] : []) {
    end?.on('error', () => undefined);
  }
}

/** Our end of a descriptor of the child; Node's own type knows the first five only. */
function streamAt(child: ChildProcess, fd: number): Readable | Writable | null {
  const all: readonly (Readable | Writable | null | undefined)[] = child.stdio;
  return all[fd] ?? null;
}

/** Milliseconds that output may still take to arrive after the command ended; a background process can hold a pipe for ever. */
const DRAIN_MS = 1000;

function ended(child: ChildProcess): Promise<number> {
  return new Promise(resolve => {
    child.once('exit', (code, signal) => {
      callOff(streamAt(child, WATCHER_FD));
      const result = signal === null ? (code ?? -1) : -(SIGNAL_NUMBERS[signal] ?? 1);
      const finish = (): void => {
        clearTimeout(timer);
        for (const stream of child.stdio) {
          stream?.destroy();
        }
        resolve(result);
      };
      const timer = setTimeout(finish, DRAIN_MS);
      child.once('close', finish);
    });
  });
}
