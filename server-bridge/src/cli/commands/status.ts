import type { Command } from 'commander';
import { refuseAbsentFlags } from '../absent.js';
import type { Run } from '../context.js';
import { lockOptions } from '../waiting.js';

interface Options {
  json?: boolean;
  withDeps?: boolean;
  recursive?: boolean;
}

const UP_TO_DATE = 'Data and pipelines are up to date.';
const NOTHING_TRACKED = 'There are no data or pipelines tracked in this project yet.';

export function registerStatus(program: Command, run: Run): void {
  const command = program
    .command('status')
    .description('Show what changed in tracked data and in stages.')
    .argument('[targets...]', 'tracked files and directories, .dvc files, stages; all if none')
    .option('--json', 'as JSON, on one line when no person is looking')
    .option('-d, --with-deps', 'also what the targets depend on')
    .option('-R, --recursive', 'everything below the given directories')
    .option('--no-updates', 'do not ask the sources of imports for news')
    .action(
      run(async (context, targets: string[], options: Options) => {
        const { status, statusLines } = await import('../../service/status.js');
        const { out, cwd } = context;
        const progress = out.progress('Looking');
        try {
          const found = await status(cwd, targets, {
            ...lockOptions(context),
            withDeps: options.withDeps === true,
            recursive: options.recursive === true,
            progress: progress.update
          });
          progress.end();
          found.warnings.forEach(out.warning);
          if (options.json === true) {
            out.json(found.changes);
            return 0;
          }
          if (out.quiet) {
            return found.changes.size > 0 ? 1 : 0;
          }
          const lines = statusLines(found.changes);
          if (lines.length > 0) {
            lines.forEach(line => out.write(line));
          } else {
            out.write(found.stages > 0 ? UP_TO_DATE : NOTHING_TRACKED);
          }
        } finally {
          progress.end();
        }
        return 0;
      })
    );
  refuseAbsentFlags(command, [
    '-c, --cloud',
    '-r, --remote <name>',
    '-a, --all-branches',
    '-T, --all-tags',
    '-A, --all-commits',
    '-j, --jobs <number>'
  ]);
}
