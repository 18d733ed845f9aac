import type { Command } from 'commander';
import type { Run } from '../context.js';

export function registerRoot(program: Command, run: Run): void {
  program
    .command('root')
    .description('Print the way from here to the root of the project.')
    .action(
      run(async ({ out, cwd }) => {
        const { relativeRoot } = await import('../../service/root.js');
        out.write(relativeRoot(cwd));
        return 0;
      })
    );
}
