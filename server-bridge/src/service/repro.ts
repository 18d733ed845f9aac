import { relative, sep } from 'node:path';
import type { OnEvent } from '../pipeline/events.js';
import { shellExecutor } from '../pipeline/executor.js';
import type { Recovered } from '../pipeline/recover.js';
import { reproduce, type ReproduceOptions } from '../pipeline/reproduce.js';
import { addressOf, type Stage } from '../pipeline/stage.js';
import { openProject, type Project } from '../workspace/project.js';
import { mendRenames } from './locked.js';

export interface ReproOptions extends Omit<
  ReproduceOptions,
  'targets' | 'executor' | 'onEvent' | 'onRecovered' | 'confirm'
> {
  onWait: (holder: string) => void;
  /** One line of the report, as `dvc repro` writes it. */
  onLine: (line: string) => void;
  onWarning: (text: string) => void;
  /** Asked with `-i`, or when `core.interactive` is set. */
  ask?: (question: string) => Promise<boolean>;
  interactive?: boolean;
}

export interface ReproReport {
  /** How many stages ran, were restored or verified. */
  done: number;
  /** Lines that say which files to add to git; empty with `core.autostage`. */
  hint: string[];
}

/** `cellar repro`: output of the commands goes straight to this process's streams, as with `dvc`. */
export async function repro(cwd: string, targets: readonly string[], options: ReproOptions): Promise<ReproReport> {
  const project = await openProject(cwd);
  const { ask } = options;
  const interactive = options.interactive === true || project.config.flag('core', 'interactive');
  const confirm = (stage: Stage): Promise<boolean> =>
    ask?.(`Going to reproduce stage: '${addressOf(stage, project.cwd)}'. Are you sure you want to continue?`) ??
    Promise.resolve(false);
  await mendRenames(project, { wait: options.wait, onWait: options.onWait });
  try {
    const result = await reproduce(project, {
      ...options,
      targets,
      ...(interactive ? { confirm } : {}),
      executor: shellExecutor({ inherit: (options.jobs ?? 1) === 1 }),
      onEvent: reporter(project, options),
      onRecovered: recovered => options.onWarning(recoveredText(recovered))
    });
    return { done: result.done.length, hint: await project.gitFiles.finish() };
  } catch (error) {
    // Lock entries of stages that succeeded are to be staged all the same; the hint is for a run that went well.
    await project.gitFiles.finish();
    throw error;
  }
}

/** Turns events into the lines of `dvc repro` (spec/dvc-pipelines.md §5.2, §5.5). */
function reporter(project: Project, { onLine, onWarning, onWait, keepGoing, ignoreErrors }: ReproOptions): OnEvent {
  let gap = false;
  const line = (text: string): void => {
    if (gap) {
      onLine('');
      gap = false;
    }
    onLine(text);
  };
  const name = (stage: Stage): string => addressOf(stage, project.cwd);
  return event => {
    switch (event.type) {
      case 'stage-skip':
        return line(`${event.stage.kind === 'dvc' ? '' : 'Stage '}'${name(event.stage)}' didn't change, skipping`);
      case 'stage-restore':
        return line(`Stage '${name(event.stage)}' is cached - skipping run, checking out outputs`);
      case 'stage-verify':
        return line(
          `Verifying ${event.stage.frozen ? 'outputs in frozen' : 'data sources in'} stage: '${name(event.stage)}'`
        );
      case 'stage-run':
        return line(`Running stage '${name(event.stage)}':`);
      case 'stage-command':
        return line(`> ${event.command}`);
      case 'stage-output':
        return void (event.stream === 'stdout' ? process.stdout : process.stderr).write(event.chunk);
      case 'file-written':
        return writtenLines(project, event.path, event.created).forEach(line);
      case 'stage-done':
        gap = true;
        return;
      case 'stage-failed':
        return keepGoing || ignoreErrors
          ? onWarning(`${event.error.message}${ignoreErrors ? ' (ignored)' : ''}`)
          : undefined;
      case 'stage-not-run':
        return onWarning(`Stage '${name(event.stage)}' will be skipped due to this failure`);
      case 'warning':
        return onWarning(event.text);
      case 'waiting':
        return onWait(event.holder);
      case 'stage-save':
        return;
    }
  };
}

function writtenLines(project: Project, path: string, created: boolean): string[] {
  const shown = relative(project.cwd, path).split(sep).join('/');
  if (!path.endsWith('.lock')) {
    return [];
  }
  return [...(created ? [`Generating lock file '${shown}'`] : []), `Updating lock file '${shown}'`];
}

/** What a person is told about a run that was killed earlier. */
export function recoveredText({ stage, outcome, inTrash }: Recovered): string {
  const head = `The last run of '${stage}' was interrupted`;
  if (outcome === 'finished') {
    return `${head} after its result had been recorded; nothing is lost.`;
  }
  if (outcome === 'put-back') {
    return `${head}; its old outputs are back in their place.`;
  }
  const paths = inTrash?.paths.join(', ');
  return `${head}. Its old outputs stay in the trash (${inTrash?.operation})${paths ? `: ${paths}` : ''}.`;
}
