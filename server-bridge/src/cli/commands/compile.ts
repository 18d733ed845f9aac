import type { Command } from 'commander';
import type { Run } from '../context.js';
import { problemLine } from '../problem-line.js';

interface Options {
  check?: boolean;
  json?: boolean;
}

export function registerCompile(program: Command, run: Run): void {
  program
    .command('compile')
    .description('Write the stages of notebooks: scripts, entries of dvc.yaml, parameters.')
    .argument('[notebooks...]', 'notebook files; all that have stages if none')
    .option('--check', 'write nothing; exit 1 when something would change or is in error')
    .option('--json', 'as JSON')
    .action(
      run(async (context, notebooks: string[], options: Options) => {
        const { compileNotebooks } = await import('../../service/notebook-commands.js');
        const { out, cwd, signal } = context;
        const reports = await compileNotebooks(cwd, notebooks, { check: options.check === true, signal });
        const errors = reports.flatMap(report => report.problems.filter(each => each.severity === 'error'));
        const changes = reports.flatMap(report => report.changes);
        const failed = errors.length > 0 || (options.check === true && changes.length > 0);
        if (options.json === true) {
          out.json(reports);
          return failed ? 1 : 0;
        }
        for (const report of reports) {
          for (const problem of report.problems) {
            (problem.severity === 'error' ? out.error : out.warning)(problemLine(problem));
          }
          const verb =
            options.check === true
              ? { write: 'would write', remove: 'would remove' }
              : { write: 'wrote', remove: 'removed' };
          report.changes.forEach(each => out.write(`${verb[each.change]} ${each.path}`));
        }
        const unadded = new Set(reports.flatMap(report => report.unadded));
        if (unadded.size > 0) {
          out.notice(`Not in git yet, so a clone would lack them: ${[...unadded].join(', ')}.`);
        }
        if (changes.length === 0) {
          out.write(reports.length === 0 ? 'No notebook of this project has stages.' : 'Everything is compiled.');
        }
        return failed ? 1 : 0;
      })
    );
}
