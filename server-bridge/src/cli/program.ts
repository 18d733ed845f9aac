import { resolve } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { CellarError } from '../protocol/errors.js';
import { refuseAbsentCommands } from './absent.js';
import { registerAdd } from './commands/add.js';
import { registerCheckout } from './commands/checkout.js';
import { registerCompile } from './commands/compile.js';
import { registerConfig } from './commands/config.js';
import { registerInit } from './commands/init.js';
import { registerRepro } from './commands/repro.js';
import { registerReproduce } from './commands/reproduce.js';
import { registerRoot } from './commands/root.js';
import { registerStatus } from './commands/status.js';
import { registerVersion } from './commands/version.js';
import type { Context, Run } from './context.js';
import { EXIT, reportFailure } from './failure.js';
import { createOutput, type Output } from './output.js';

const COMMANDS = new Map([
  ['init', registerInit],
  ['add', registerAdd],
  ['checkout', registerCheckout],
  ['status', registerStatus],
  ['config', registerConfig],
  ['repro', registerRepro],
  ['compile', registerCompile],
  ['reproduce', registerReproduce],
  ['root', registerRoot],
  ['version', registerVersion]
]);

interface GlobalOptions {
  quiet?: boolean;
  verbose?: number;
  cd?: string;
  waitForLock?: boolean;
}

/** Runs one command line (without `node` and the script) and gives the exit code. */
export async function main(argv: string[]): Promise<number> {
  let code: number = EXIT.ok;
  let out: Output = createOutput({ quiet: false, verbose: 0 });
  const interrupt = new AbortController();
  const program = createProgram();
  const run: Run =
    action =>
    async (...args) => {
      const options = { ...program.opts<GlobalOptions>(), ...ownOptions(args.at(-1)) };
      out = createOutput({ quiet: options.quiet === true, verbose: options.verbose ?? 0 });
      const context: Context = {
        out,
        cwd: resolve(options.cd ?? '.'),
        signal: interrupt.signal,
        waitForLock: options.waitForLock === true
      };
      enter(context.cwd);
      code = await action(context, ...args);
    };
  const wanted = COMMANDS.get(firstWord(argv));
  for (const register of wanted === undefined ? COMMANDS.values() : [wanted]) {
    register(program, run);
  }
  program.commands.forEach(addLoudness);
  if (wanted === undefined) {
    refuseAbsentCommands(program);
  }
  const stop = watchInterrupt(interrupt);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      return usageExit(error, program, out);
    }
    // Ctrl-C reaches our children too: what fails because of that is not the story.
    const reason: unknown = interrupt.signal.reason;
    return reportFailure(interrupt.signal.aborted ? reason : error, out);
  } finally {
    stop();
  }
  return code;
}

/** The command that is asked for: describing all of them takes longer than many a command. '' when there is none. */
function firstWord(argv: readonly string[]): string {
  const words = argv.filter((word, i) => !word.startsWith('-') && argv[i - 1] !== '--cd');
  return words[0] ?? '';
}

/** `-q` and `-v` may stand before and after the name of the command, as in `dvc`; the other two only before it. */
function addLoudness(command: Command): void {
  command
    .option('-q, --quiet', 'say nothing; the exit code tells')
    .addOption(
      new Option('-v, --verbose', 'say more; twice for even more')
        .argParser((_: string, before: number | undefined) => (before ?? 0) + 1)
        .conflicts('quiet')
    );
}

function ownOptions(last: unknown): GlobalOptions {
  return last instanceof Command ? last.opts<GlobalOptions>() : {};
}

function enter(folder: string): void {
  try {
    process.chdir(folder);
  } catch {
    throw new CellarError('E_NO_DIRECTORY', `there is no directory '${folder}'`, {
      next: 'Check the path after --cd.'
    });
  }
}

function createProgram(): Command {
  const program = new Command('cellar')
    .description('Reproducible notebooks and versions of data, with the files of DVC 3.')
    .configureHelp({ sortSubcommands: true })
    .enablePositionalOptions()
    .helpCommand(false)
    .usage('[options] <command>')
    .version(process.env.CELLAR_VERSION ?? 'development', '-V, --version', 'print the version')
    .option('--cd <path>', 'change to this directory first')
    .option('--wait-for-lock', 'wait for another process that works on the project, as long as it takes')
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .showSuggestionAfterError(true);
  addLoudness(program);
  return program;
}

/** A command line that we do not understand: exit 254, with the flag or command named (spec/dvc-data.md §6.0). */
function usageExit(error: CommanderError, program: Command, out: Output): number {
  if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') {
    return EXIT.ok;
  }
  const [first = '', ...more] = error.message.replace(/^error: /, '').split('\n');
  if (error.code === 'commander.help') {
    program.outputHelp({ error: true });
    out.error('a command is required');
    return EXIT.usage;
  }
  out.error(first, [...more, 'See `cellar --help` or `cellar <command> --help`.'].join(' '), 'E_USAGE');
  return EXIT.usage;
}

/** The first Ctrl-C asks for a clean stop; the second one does not wait for it. */
function watchInterrupt(interrupt: AbortController): () => void {
  const onSignal = (): void => {
    if (interrupt.signal.aborted) {
      process.exit(EXIT.interrupted);
    }
    interrupt.abort(new CellarError('E_INTERRUPTED', 'interrupted by the user', { exit: EXIT.interrupted }));
  };
  const onPipe = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE') {
      process.exit(EXIT.brokenPipe);
    }
    throw error;
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.stdout.on('error', onPipe);
  return () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
}
