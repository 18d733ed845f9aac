import { Option, type Command } from 'commander';
import type { Run } from '../context.js';

interface Options {
  unset?: boolean;
  list?: boolean;
  showOrigin?: boolean;
  global?: boolean;
  system?: boolean;
  project?: boolean;
  local?: boolean;
}

const LEVELS = ['system', 'global', 'project', 'local'] as const;

export function registerConfig(program: Command, run: Run): void {
  const command = program
    .command('config')
    .description('Read and change the configuration of DVC, which is also ours.')
    .argument('[name]', 'section.option, or remote.name.option')
    .argument('[value]', 'the new value')
    .option('-u, --unset', 'remove the option')
    .option('-l, --list', 'list all values')
    .option('--show-origin', 'with the file that each value comes from');
  for (const level of LEVELS) {
    command.addOption(
      new Option(`--${level}`, `the ${level} level`).conflicts(LEVELS.filter(other => other !== level))
    );
  }
  command.action(
    run(async ({ out, cwd }, name: string | undefined, value: string | undefined, options: Options) => {
      const { configCommand } = await import('../../service/config.js');
      const level = LEVELS.find(each => options[each] === true);
      const done = await configCommand(cwd, {
        ...(name === undefined ? {} : { name }),
        ...(value === undefined ? {} : { value }),
        ...(level === undefined ? {} : { level: level === 'project' ? 'repo' : level }),
        unset: options.unset === true,
        list: options.list === true,
        showOrigin: options.showOrigin === true
      });
      done.warnings.forEach(out.warning);
      done.lines.forEach(line => out.write(line));
      return 0;
    })
  );
}
