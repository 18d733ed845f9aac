import { Option, type Command } from 'commander';
import { CellarError } from '../protocol/errors.js';
import { EXIT } from './failure.js';

/** Commands of `dvc` that Cellar does not have: refused by name, so that a script learns it at once. */
export const ABSENT_COMMANDS = [
  'artifacts',
  'cache',
  'check-ignore',
  'commit',
  'completion',
  'daemon',
  'dag',
  'data',
  'dataset',
  'destroy',
  'diff',
  'doctor',
  'du',
  'exp',
  'experiments',
  'fetch',
  'freeze',
  'gc',
  'get',
  'get-url',
  'git-hook',
  'import',
  'import-db',
  'import-url',
  'install',
  'list',
  'list-url',
  'ls',
  'ls-url',
  'metrics',
  'move',
  'mv',
  'params',
  'plots',
  'pull',
  'push',
  'queue',
  'remote',
  'remove',
  'rm',
  'stage',
  'studio',
  'unfreeze',
  'unprotect',
  'update'
];

function refusal(what: string): CellarError {
  return new CellarError('E_NOT_AVAILABLE', `\`${what}\` is not available in this version`, {
    exit: EXIT.usage,
    next: `Use \`${what.replace(/^cellar/, 'dvc')}\`: both work on the same files.`
  });
}

export function refuseAbsentCommands(program: Command): void {
  for (const name of ABSENT_COMMANDS) {
    program
      .command(name, { hidden: true })
      .helpOption(false)
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        throw refusal(`cellar ${name}`);
      });
  }
}

/** Flags that `dvc` has for this command and Cellar has not, as commander spells them (`'-r, --remote <name>'`). */
export function refuseAbsentFlags(command: Command, flags: string[]): void {
  for (const spelling of flags) {
    const option = new Option(spelling).hideHelp();
    const long = option.long ?? spelling;
    command.addOption(
      option.argParser(() => {
        throw refusal(`cellar ${command.name()} ${long}`);
      })
    );
    command.on(`option:${option.name()}`, () => {
      throw refusal(`cellar ${command.name()} ${long}`);
    });
  }
}
