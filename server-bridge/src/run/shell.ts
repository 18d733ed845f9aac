import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';

/**
 * Argument list that runs one command line in the shell that DVC would take (spec/dvc-pipelines.md §5.5): `$SHELL`, else
 * `/bin/sh`, without its start-up files.
 */
export function shellArgv(command: string, env: NodeJS.ProcessEnv): string[] {
  if (process.platform === 'win32') {
    return [env.ComSpec ?? 'cmd.exe', '/d', '/s', '/c', command];
  }
  const shell = env.SHELL || '/bin/sh';
  return [shell, ...quietOptions(shell), '-c', command];
}

/** Options by which a shell reads no start-up file. */
function quietOptions(shell: string): readonly string[] {
  switch (basename(shell).toLowerCase()) {
    case 'bash':
      return ['--noprofile', '--norc'];
    case 'zsh':
      return ['--no-rcs'];
    case 'fish':
      return fishHasNoConfig(shell) ? ['--no-config'] : [];
    default:
      return [];
  }
}

const fishes = new Map<string, boolean>();

/** `--no-config` came with fish 3.3. */
function fishHasNoConfig(shell: string): boolean {
  let known = fishes.get(shell);
  if (known === undefined) {
    const answer = spawnSync(shell, ['--version'], { encoding: 'utf8', timeout: 5000 });
    const version = /(\d+)\.(\d+)/.exec(answer.stdout ?? '');
    known = version !== null && (Number(version[1]) > 3 || (Number(version[1]) === 3 && Number(version[2]) >= 3));
    fishes.set(shell, known);
  }
  return known;
}

/** The commands of a stage, each run by a shell of its own: the lines of a string (blank ones too), or the items of a list. */
export function commandsOf(cmd: string | readonly string[]): string[] {
  if (typeof cmd !== 'string') {
    return [...cmd];
  }
  const lines = cmd.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
  if (lines.at(-1) === '') {
    lines.pop();
  }
  return lines;
}
