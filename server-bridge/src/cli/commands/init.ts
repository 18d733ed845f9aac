import type { Command } from 'commander';
import type { Run } from '../context.js';

interface Options {
  scm: boolean;
  force?: boolean;
  subdir?: boolean;
}

export function registerInit(program: Command, run: Run): void {
  program
    .command('init')
    .description('Start versioning data in a directory, as `dvc init` does.')
    .argument('[directory]', 'where the project begins', '.')
    .option('--no-scm', 'without git')
    .option('-f, --force', 'remove an existing .dvc, its configuration and its cache, and begin anew')
    .option('--subdir', 'in a sub-directory of a git repository')
    .action(
      run(async ({ out, cwd }, directory: string, options: Options) => {
        const { init } = await import('../../service/init.js');
        const made = await init(cwd, directory, {
          noScm: !options.scm,
          force: options.force === true,
          subdir: options.subdir === true
        });
        for (const loss of made.lost) {
          out.warning(loss);
        }
        out.write('Initialized DVC repository.\n');
        if (options.scm) {
          out.write('You can now commit the changes to git.\n');
        }
        return 0;
      })
    );
}
