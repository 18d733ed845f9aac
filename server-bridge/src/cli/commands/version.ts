import type { Command } from 'commander';
import type { Run } from '../context.js';

export function registerVersion(program: Command, run: Run): void {
  program
    .command('version')
    .description('Print what runs here: Cellar, Node, git, links of the cache.')
    .action(
      run(async ({ out, cwd }) => {
        const { versionLines } = await import('../../service/version.js');
        for (const line of await versionLines(cwd)) {
          out.write(line);
        }
        return 0;
      })
    );
}
