import type { Command } from 'commander';
import { refuseAbsentFlags } from '../absent.js';
import type { Run } from '../context.js';
import { lockOptions } from '../waiting.js';

interface Options {
  commit: boolean;
  relink: boolean;
  glob?: boolean;
}

export function registerAdd(program: Command, run: Run): void {
  const command = program
    .command('add')
    .description('Track files and directories: store them in the cache, write a .dvc file beside each.')
    .argument('<targets...>', 'files and directories to track')
    .option('--no-commit', 'write the .dvc file only, store nothing')
    .option('--glob', 'targets hold shell wildcards')
    .option('-f, --force', 'taken for the sake of scripts: what is tracked already is always updated')
    .option('--no-relink', 'leave the files in the workspace as they are')
    .action(
      run(async (context, targets: string[], options: Options) => {
        const { add } = await import('../../service/add.js');
        const progress = context.out.progress('Adding');
        try {
          const added = await add(context.cwd, targets, {
            ...lockOptions(context),
            commit: options.commit,
            relink: options.relink,
            glob: options.glob === true,
            progress: progress.update
          });
          progress.end();
          for (const line of added.hint) {
            context.out.write(line);
          }
        } finally {
          progress.end();
        }
        return 0;
      })
    );
  refuseAbsentFlags(command, ['-o, --out <path>', '--to-remote', '-r, --remote <name>', '--remote-jobs <number>']);
}
