import { CellarError } from '../protocol/errors.js';
import { commandsOf, shellArgv } from '../run/shell.js';
import { runCommand } from '../run/spawn.js';
import type { OnEvent } from './events.js';
import type { Stage } from './stage.js';

/** Where and how the commands of a stage run. */
export interface Execution {
  cwd: string;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  onEvent: OnEvent;
  /** Must be called with the leader of the process group once it runs: the journal needs it to end a run that we did not survive. */
  onStart: (pid: number) => void;
}

/** Runs the commands of a stage. Resolves when they succeeded; throws what `commandFailed` makes, or `E_CANCELLED`. */
export type Executor = (stage: Stage, execution: Execution) => Promise<void>;

export interface ShellExecutorOptions {
  /** Output goes to the streams of this process, as under `dvc`; otherwise it comes as events. */
  inherit: boolean;
}

/** Runs each command in the user's shell, as DVC does (spec/dvc-pipelines.md §5.5). The first that fails ends the stage. */
export function shellExecutor({ inherit }: ShellExecutorOptions): Executor {
  return async (stage, execution) => {
    const { cwd, env, signal, onEvent, onStart } = execution;
    for (const command of commandsOf(stage.cmd ?? [])) {
      onEvent({ type: 'stage-command', stage, command });
      const forward = (stream: 'stdout' | 'stderr') => (chunk: Buffer) =>
        onEvent({ type: 'stage-output', stage, stream, chunk });
      const { code, cancelled } = await runCommand({
        argv: shellArgv(command, env),
        cwd,
        env,
        signal,
        lifeline: true,
        onStart,
        ...(inherit ? {} : { onStdout: forward('stdout'), onStderr: forward('stderr') })
      });
      if (cancelled) {
        throw cancelledError();
      }
      if (code !== 0) {
        throw commandFailed(stage, command, code);
      }
    }
  };
}

export function cancelledError(): CellarError {
  return new CellarError('E_CANCELLED', 'interrupted by the user', {
    exit: 252,
    next: 'Run the same command again: finished stages are kept, the interrupted one starts anew.'
  });
}

/** @param code exit code, or the negative number of the signal that ended the command */
export function commandFailed(stage: Stage, command: string, code: number): CellarError {
  return new CellarError('E_STAGE_FAILED', `failed to run: ${command}, exited with ${code}`, {
    next: 'Correct what the output above shows, then reproduce again. The old outputs are back in their place.',
    at: { path: stage.file, stage: stage.name ?? stage.id },
    data: { code, command }
  });
}
