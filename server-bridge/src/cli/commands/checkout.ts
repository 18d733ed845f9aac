import type { Command } from 'commander';
import type { Run } from '../context.js';
import { lockOptions } from '../waiting.js';

interface Options {
  summary?: boolean;
  withDeps?: boolean;
  recursive?: boolean;
  force?: boolean;
  relink?: boolean;
  allowMissing?: boolean;
}

export function registerCheckout(program: Command, run: Run): void {
  program
    .command('checkout')
    .description('Bring tracked data into the state that the .dvc and dvc.lock files name.')
    .argument('[targets...]', 'tracked files and directories, paths inside them, .dvc files, stages; all if none')
    .option('--summary', 'only count the changes')
    .option('-d, --with-deps', 'also the data that the targets depend on')
    .option('-R, --recursive', 'everything below the given directories')
    .option('-f, --force', 'also replace files that are saved nowhere')
    .option('--relink', 'place every file anew, with the link type of the configuration')
    .option('--allow-missing', 'say nothing about data that the cache does not have')
    .action(
      run(async (context, targets: string[], options: Options) => {
        const { checkout, changeLines, summaryLine } = await import('../../service/checkout.js');
        const { out, cwd } = context;
        const progress = out.progress('Checking out');
        try {
          const report = await checkout(cwd, targets, {
            ...lockOptions(context),
            withDeps: options.withDeps === true,
            recursive: options.recursive === true,
            force: options.force === true,
            relink: options.relink === true,
            allowMissing: options.allowMissing === true,
            progress: progress.update
          });
          progress.end();
          report.warnings.forEach(out.warning);
          for (const line of options.summary === true ? [summaryLine(report)] : changeLines(report, cwd)) {
            out.write(line);
          }
          if (report.failure !== undefined) {
            throw report.failure;
          }
          if (options.relink === true) {
            out.write('Relinked successfully');
          }
        } finally {
          progress.end();
        }
        return 0;
      })
    );
}
