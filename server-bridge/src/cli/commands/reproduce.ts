import type { Command } from 'commander';
import { Option } from 'commander';
import type { JobEvent } from '../../protocol/job.js';
import type { Reason } from '../../protocol/state.js';
import type { Run } from '../context.js';
import type { Output } from '../output.js';
import { problemLine } from '../problem-line.js';
import { parseJobs } from '../jobs.js';

interface Options {
  python?: string;
  force?: string;
  only?: string;
  to?: string;
  jobs?: number;
  json?: boolean;
}

export function registerReproduce(program: Command, run: Run): void {
  program
    .command('reproduce')
    .description('Compile a notebook and bring its stages up to date; the notebook file stays as it is.')
    .argument('<notebook>', 'an .ipynb file')
    .option('--python <program>', "interpreter of the stages; the notebook's kernel decides otherwise")
    .addOption(new Option('--to <stage>', 'up to this stage').conflicts(['only', 'force']))
    .addOption(new Option('--only <stage>', 'this stage alone').conflicts(['to', 'force']))
    .addOption(new Option('--force <stage>', 'run this stage even if nothing changed').conflicts(['to', 'only']))
    .option('-j, --jobs <number>', 'independent stages at the same time', parseJobs)
    .option('--json', 'as JSON, nothing else on stdout')
    .action(
      run(async (context, notebook: string, options: Options) => {
        const { reproduceNotebook } = await import('../../service/notebook-commands.js');
        const { out, cwd, signal } = context;
        const stage = options.to ?? options.only ?? options.force ?? null;
        const mode = options.to ? 'to' : options.only ? 'only' : options.force ? 'force' : 'all';
        const { python, jobs } = options;
        const show = options.json === true ? (): void => undefined : streaming(out);
        const report = await reproduceNotebook(cwd, notebook, { mode, stage, python, jobs, signal, onEvent: show });
        const errors = report.problems.filter(problem => problem.severity === 'error');
        errors.forEach(problem => out.error(problemLine(problem)));
        report.problems
          .filter(problem => problem.severity !== 'error')
          .forEach(problem => out.warning(problemLine(problem)));
        const failed = report.stages.filter(each => ['failed', 'blocked', 'not-run'].includes(each.action));
        const ended = report.job?.state === 'done' && failed.length === 0 && errors.length === 0;
        if (options.json === true) {
          out.json(report);
        } else {
          table(report.stages).forEach(line => out.write(line));
        }
        report.undeclared.forEach(each => out.warning(undeclaredLine(each.stage, each.reads)));
        if (!ended && report.job?.error) {
          const { message, next, code } = report.job.error;
          out.error(message, next, code);
        }
        return ended ? 0 : (report.job?.error?.exit ?? 255);
      })
    );
}

/** Streams of cells go to the terminal as they come; the rest is in the table at the end. */
function streaming(out: Output): (event: JobEvent) => void {
  return event => {
    if (event.type === 'stage' && event.step === 'started') {
      out.write(`${event.name} …`);
    } else if (event.type === 'runner' && event.event.event === 'stream') {
      process.stdout.write(event.event.text);
    } else if (event.type === 'runner' && event.event.event === 'error') {
      process.stderr.write(event.event.traceback.join('\n') + '\n');
    } else if (event.type === 'output') {
      (event.stream === 'stdout' ? process.stdout : process.stderr).write(event.text);
    } else if (event.type === 'progress') {
      out.warning(event.text);
    }
  };
}

/** The mark *undeclared reads* (N28) in words: such a stage is up to date only as far as its deps tell. */
function undeclaredLine(stage: string, reads: readonly string[]): string {
  const first = reads.slice(0, 5).map(read => `\`${read}\``);
  const more = reads.length > first.length ? ` and ${reads.length - first.length} more` : '';
  return (
    `\`${stage}\` read ${first.join(', ')}${more}, undeclared: only this machine notices a change there. ` +
    'Add paths to `deps` in the tag of its cell.'
  );
}

function table(
  stages: readonly { name: string; action: string; seconds: number | null; reasons: Reason[]; text: string | null }[]
): string[] {
  if (stages.length === 0) {
    return ['This notebook has no stages yet: tag its cells in JupyterLab.'];
  }
  if (stages.every(stage => stage.action === 'skipped')) {
    return ['Everything is up to date.'];
  }
  const rows = stages.map(stage => [
    stage.name,
    stage.action,
    stage.seconds === null ? '' : `${stage.seconds.toFixed(1)} s`,
    stage.text ?? stage.reasons.map(reason => reason.text.replaceAll('`', '')).join('; ')
  ]);
  const all = [['stage', 'what', 'time', 'why'], ...rows];
  const widths = [0, 1, 2].map(column => Math.max(...all.map(row => (row[column] ?? '').length)));
  return all.map(row =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  );
}
