import { randomBytes } from 'node:crypto';
import { dirname, join, relative, resolve } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { existsSync, mkdirSync, readdirSync, renameSync } from '../io/files.js';
import { publishFile } from '../io/publish.js';
import { newOperation } from '../io/trash.js';
import { openGit, type Git } from '../git/git.js';
import { DVC_DIR, isDirectory } from './locate.js';

export interface InitOptions {
  /** Messages name paths relative to this directory; default the project's own. */
  cwd?: string;
  subdir?: boolean;
  noScm?: boolean;
  force?: boolean;
}

export interface Initialized {
  root: string;
  /** Sentences about what `force` took away and where it is now. */
  lost: string[];
}

/** The three lines of `.dvc/.gitignore`, in the order in which DVC writes them (spec/dvc-data.md §1.2). */
export const INTERNAL_IGNORES = ['/config.local', '/tmp', '/cache'];

const DVCIGNORE = [
  '# Add patterns of files dvc should ignore, which could improve',
  '# the performance. Learn more at',
  '# https://dvc.org/doc/user-guide/dvcignore',
  ''
].join('\n');

/**
 * Makes a project in `dir`, exactly as `dvc init` does: same files, same modes, staged in git (spec/dvc-data.md §1.3).
 * With `force` an existing `.dvc` goes to the trash of the new one, because its cache may hold the only copy of data (I3).
 * @throws CellarError `E_INIT` (exit 1), `E_USAGE` (exit 255)
 */
export async function initProject(dir: string, options: InitOptions = {}): Promise<Initialized> {
  if (options.noScm === true && options.subdir === true) {
    throw new CellarError('E_USAGE', 'Cannot initialize repo with `--no-scm` and `--subdir`', {
      next: 'Give one of the two.'
    });
  }
  const root = resolve(dir);
  const dvcDir = join(root, DVC_DIR);
  const git = options.noScm === true ? null : requireGit(root, options.subdir === true);
  if (git !== null && (await git.isIgnored(dvcDir))) {
    throw initError(
      `${dvcDir} is ignored by your SCM tool. \nMake sure that it's tracked, for example, by adding '!.dvc' to .gitignore.`,
      'Add the line `!.dvc` to .gitignore and run the command again.'
    );
  }
  setAside(dvcDir, options.force === true, options.cwd ?? root);
  const made = writeProject(root, git);
  const lost = adoptOld(root);
  if (git !== null) {
    await git.add(made);
  }
  return { root, lost };
}

function requireGit(root: string, search: boolean): Git {
  const git = isDirectory(root) ? openGit(root, { search }) : null;
  if (git === null) {
    throw initError(
      `${root} is not tracked by any supported SCM tool (e.g. Git). Use \`--no-scm\` if you don't want to use any SCM ` +
        'or `--subdir` if initializing inside a subdirectory of a parent SCM repository.',
      'Run `git init` first, or use `--no-scm` or `--subdir`.'
    );
  }
  return git;
}

function initError(message: string, next: string): CellarError {
  return new CellarError('E_INIT', `failed to initiate DVC - ${message}`, { exit: 1, next });
}

/** How an old `.dvc` is called until the new one can take it in. */
const OLD = /^\.dvc\.[0-9a-f]{12}\.old$/;

/** Renames an existing `.dvc` so that the new one can be made; nothing is deleted. */
function setAside(dvcDir: string, force: boolean, cwd: string): void {
  if (!isDirectory(dvcDir)) {
    return;
  }
  if (!force) {
    const shown = relative(cwd, dvcDir);
    throw initError(`'${shown}' exists. Use \`-f\` to force.`, 'Use the project that is there, or add `-f`.');
  }
  renameSync(dvcDir, `${dvcDir}.${randomBytes(6).toString('hex')}.old`);
}

/** Takes what was renamed, now or by an `init` that was killed, into the trash of the new project. */
function adoptOld(root: string): string[] {
  return readdirSync(root)
    .filter(name => OLD.test(name))
    .map(name => {
      const from = join(root, name);
      const hadCache = existsSync(join(from, 'cache')) && readdirSync(join(from, 'cache')).length > 0;
      const home = join(root, DVC_DIR, 'tmp', 'cellar', 'trash', newOperation('init'));
      mkdirSync(dirname(home));
      renameSync(from, home);
      const what = hadCache ? 'configuration and cache' : 'configuration';
      return `The ${what} of the project before this one are in '${relative(root, home)}'. Remove that folder when you do not need them.`;
    });
}

function writeProject(root: string, git: Git | null): string[] {
  const dvcDir = join(root, DVC_DIR);
  const config = join(dvcDir, 'config');
  const dvcignore = join(root, '.dvcignore');
  mkdirSync(join(dvcDir, 'tmp'));
  publishFile(join(dvcDir, 'tmp', 'btime'), '');
  publishFile(config, git === null ? '[core]\n    no_scm = True\n' : '');
  const made = [config, dvcignore];
  if (!existsSync(dvcignore)) {
    publishFile(dvcignore, DVCIGNORE);
  }
  if (git !== null) {
    const ignore = join(dvcDir, '.gitignore');
    publishFile(ignore, INTERNAL_IGNORES.map(line => line + '\n').join(''));
    made.push(ignore);
  }
  return made;
}
