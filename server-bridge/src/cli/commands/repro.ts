import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { refuseAbsentFlags } from '../absent.js';
import type { Run } from '../context.js';
import { lockOptions } from '../waiting.js';
import { parseJobs } from '../jobs.js';

interface Options {
  force?: boolean;
  interactive?: boolean;
  singleItem?: boolean;
  pipeline?: boolean;
  allPipelines?: boolean;
  recursive?: boolean;
  downstream?: boolean;
  forceDownstream?: boolean;
  allowMissing?: boolean;
  dry?: boolean;
  keepGoing?: boolean;
  ignoreErrors?: boolean;
  runCache: boolean;
  commit: boolean;
  glob?: boolean;
  jobs?: number;
}

const UP_TO_DATE = 'Data and pipelines are up to date.';
const PUSH_HINT = 'Use `dvc push` to send your updates to remote storage.';

export function registerRepro(program: Command, run: Run): void {
  const command = program
    .command('repro')
    .description('Bring stages up to date: run what changed, bring back what was computed before.')
    .argument('[targets...]', 'stages, dvc.yaml or .dvc files; ./dvc.yaml if none')
    .option('-f, --force', 'reproduce even if nothing changed')
    .option('-i, --interactive', 'ask before each stage')
    .option('-s, --single-item', 'only the targets, not what they depend on')
    .option('-p, --pipeline', 'the whole pipelines that the targets belong to')
    .option('-P, --all-pipelines', 'all pipelines of the project')
    .option('-R, --recursive', 'all stages below the given directories')
    .option('--downstream', 'from the targets to what depends on them')
    .option('--force-downstream', 'reproduce whatever depends on a stage that changed')
    .option('--allow-missing', 'data that is not here counts as unchanged')
    .option('--dry', 'only say what would be done')
    .option('-k, --keep-going', 'after a failure go on with what does not depend on it')
    .option('--ignore-errors', 'after a failure go on with everything')
    .option('--no-run-cache', 'do not look for results of old runs')
    .option('--no-commit', 'record the outputs, store nothing')
    .option('--glob', 'names of stages hold wildcards')
    .option('-j, --jobs <number>', 'independent stages at the same time (1)', parseJobs)
    .action(
      run(async (context, targets: string[], options: Options) => {
        const { repro } = await import('../../service/repro.js');
        const { out } = context;
        const { onWait, ...lock } = lockOptions(context);
        const { singleItem, ...rest } = options;
        const report = await repro(context.cwd, targets, {
          ...rest,
          ...lock,
          single: singleItem,
          onWait,
          onLine: out.write,
          onWarning: out.warning,
          ask
        });
        if (report.done === 0) {
          out.write(UP_TO_DATE);
          return 0;
        }
        report.hint.forEach(line => out.write(line));
        out.write(PUSH_HINT);
        return 0;
      })
    );
  refuseAbsentFlags(command, ['--pull']);
}

async function ask(question: string): Promise<boolean> {
  if (process.stdin.isTTY !== true) {
    return false;
  }
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    for (;;) {
      const answer = (await prompt.question(`${question} [y/n]: `)).trim().toLowerCase();
      if (['y', 'yes', 'n', 'no'].includes(answer)) {
        return answer.startsWith('y');
      }
      process.stdout.write('Your response must be one of: [y/n]. Please try again.\n');
    }
  } finally {
    prompt.close();
  }
}
