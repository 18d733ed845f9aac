import { StringDecoder } from 'node:string_decoder';
import { CellarError } from '../protocol/errors.js';
import { RunnerEvent } from '../protocol/runner-events.js';
import { cancelledError, commandFailed } from '../pipeline/executor.js';
import type { Executor } from '../pipeline/executor.js';
import type { Stage } from '../pipeline/stage.js';
import { pythonShim } from '../run/python-shim.js';
import { commandsOf, shellArgv } from '../run/shell.js';
import { runCommand } from '../run/spawn.js';
import { delimiter } from 'node:path';

export interface NotebookRuns {
  /** `.dvc/tmp` of the project. */
  tmpDir: string;
  /** Absolute root of the project. */
  root: string;
  /** Interpreter of a notebook's stage (N48). */
  python: (stage: Stage) => Promise<string>;
  /** File with a JSON list of the paths that other stages than this one write (N28). */
  intermediate: (stage: Stage) => string;
  onRunner: (stage: Stage, event: RunnerEvent) => void;
}

/** True for an entry that the compiler made (N7). */
export function isNotebookStage(stage: Stage): boolean {
  return stage.meta instanceof Map && stage.meta.get('cellar') instanceof Map;
}

/**
 * Runs the stages of notebooks with the kernel's interpreter and takes the runner's events (N44); hand-written stages go
 * to `others`. What a stage prints outside of the runner's events (a crash of the interpreter itself) comes as plain output.
 */
export function notebookExecutor(runs: NotebookRuns, others: Executor): Executor {
  return async (stage, execution) => {
    if (!isNotebookStage(stage)) {
      return others(stage, execution);
    }
    const python = await runs.python(stage);
    const env: NodeJS.ProcessEnv = {
      ...execution.env,
      PATH: [pythonShim(runs.tmpDir, python), execution.env['PATH'] ?? ''].join(delimiter),
      PYTHONHASHSEED: '0',
      CELLAR_PROJECT: runs.root,
      CELLAR_INTERMEDIATE: runs.intermediate(stage)
    };
    for (const command of commandsOf(stage.cmd ?? [])) {
      execution.onEvent({ type: 'stage-command', stage, command });
      let failure: RunnerEvent | undefined;
      const forward = (stream: 'stdout' | 'stderr') => {
        const decoder = new StringDecoder('utf8');
        return (chunk: Buffer) =>
          execution.onEvent({ type: 'stage-output', stage, stream, chunk: Buffer.from(decoder.write(chunk), 'utf8') });
      };
      const { code, cancelled } = await runCommand({
        argv: shellArgv(command, env),
        cwd: execution.cwd,
        env,
        signal: execution.signal,
        lifeline: true,
        onStart: execution.onStart,
        onStdout: forward('stdout'),
        onStderr: forward('stderr'),
        lines: {
          variable: 'CELLAR_EVENTS',
          onLine: line => {
            const event = parseEvent(line);
            if (event !== null) {
              failure = event.event === 'error' ? event : failure;
              runs.onRunner(stage, event);
            }
          }
        }
      });
      if (cancelled) {
        throw cancelledError();
      }
      if (code !== 0) {
        throw failure?.event === 'error' ? failed(stage, failure, python) : commandFailed(stage, command, code);
      }
    }
  };
}

function parseEvent(line: string): RunnerEvent | null {
  try {
    return RunnerEvent.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

/** Packages that are installed under another name than they are imported by. */
const INSTALLED_AS: Readonly<Record<string, string>> = {
  sklearn: 'scikit-learn',
  skimage: 'scikit-image',
  PIL: 'pillow',
  cv2: 'opencv-python',
  yaml: 'pyyaml',
  bs4: 'beautifulsoup4'
};

/** The package that the stage's interpreter lacks, as far as an error tells; null for every other error. */
function missingPackage({ code, ename, evalue, data }: Extract<RunnerEvent, { event: 'error' }>): string | null {
  if (code !== undefined) {
    return typeof data?.['package'] === 'string' ? data['package'] : null;
  }
  const module = ename === 'ModuleNotFoundError' ? /^No module named '([^'.]+)/.exec(evalue)?.[1] : undefined;
  return module === undefined ? null : (INSTALLED_AS[module] ?? module);
}

/** What the runner refused keeps its code; what user code raised becomes `E_STAGE_RAISED`. */
function failed(stage: Stage, event: Extract<RunnerEvent, { event: 'error' }>, python: string): CellarError {
  const name = stage.name ?? stage.id;
  const missing = missingPackage(event);
  const words = event.code === undefined ? `${event.ename}: ${event.evalue}` : event.evalue;
  const code = event.code ?? (missing === null ? 'E_STAGE_RAISED' : 'E_MODULE_MISSING');
  return new CellarError(code, words === '' ? `stage '${name}' failed` : words, {
    next:
      missing !== null
        ? `Install it for the notebook’s kernel (\`${python} -m pip install ${missing}\`), then reproduce again.`
        : (event.next ??
          'Correct the cell that the traceback names, then reproduce again. The old outputs are back in place.'),
    at: { stage: name, path: stage.file, ...(event.line === null ? {} : { line: event.line }) },
    data: { ...event.data, block: event.block, ename: event.ename, traceback: event.traceback }
  });
}
