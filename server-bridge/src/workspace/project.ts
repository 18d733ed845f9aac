import { join, relative, resolve } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { openGit, type Git } from '../git/git.js';
import { isInside } from '../io/contain.js';
import { mkdirSync, readTextIfSync } from '../io/files.js';
import { FileIndex } from '../store/index.js';
import { parseLinkTypes } from '../store/links.js';
import { openStore, type Store } from '../store/store.js';
import { cacheFolder, readProjectConfig, type ProjectConfig } from './configlevels.js';
import { openIgnoreRules, type IgnoreRules } from './dvcignore.js';
import { gitFiles, type GitFiles } from './gitfiles.js';
import { INTERNAL_IGNORES } from './init.js';
import { DVC_DIR, findRoot } from './locate.js';
import { savePlaced } from './placed.js';

export { initProject } from './init.js';
export { findRoot } from './locate.js';

/** An opened project. Paths are absolute; opening reads the configuration, everything else is read when it is used. */
export interface Project {
  readonly root: string;
  /** `<root>/.dvc` */
  readonly dvcDir: string;
  /** `<root>/.dvc/tmp`; what is ours alone lies in its `cellar/`. */
  readonly tmpDir: string;
  /** Root of the cache: objects are in its `files/md5`, runs in its `runs`. */
  readonly cacheDir: string;
  /** Directory that messages and targets are relative to. */
  readonly cwd: string;
  readonly config: ProjectConfig;
  /** Null with `core.no_scm`. */
  readonly git: Git | null;
  readonly ignore: IgnoreRules;
  readonly store: Store;
  readonly index: FileIndex;
  /** Files that the running command wrote and that git should know. */
  readonly gitFiles: GitFiles;
  /** Writes what was learned about files and objects; nothing when neither index nor store was used. */
  save(): void;
}

export interface OpenOptions {
  /** Where the user stands; default `from`. */
  cwd?: string;
}

/**
 * Opens the project that `from` lies in, looking upward. Re-ensures the three lines of `.dvc/.gitignore`
 * (spec/dvc-data.md §1.2).
 * @throws CellarError `E_NO_PROJECT` (253), `E_CONFIG` (251), `E_NO_SCM` (255)
 */
export async function openProject(from: string, options: OpenOptions = {}): Promise<Project> {
  const root = findRoot(resolve(from));
  const dvcDir = join(root, DVC_DIR);
  const tmpDir = join(dvcDir, 'tmp');
  const config = readProjectConfig(dvcDir);
  const cwd = options.cwd ?? resolve(from);
  const git = config.flag('core', 'no_scm') ? null : requireGit(root);
  mkdirSync(tmpDir);
  const cacheDir = cacheFolder(config, dvcDir);
  const files = gitFiles(git, { autostage: config.flag('core', 'autostage'), cwd });
  await ensureInternalIgnores(dvcDir, git, files);
  const opened: { ignore?: IgnoreRules; store?: Store; index?: FileIndex } = {};
  // Made when first read: an empty `status` opens neither store nor index.
  const project: Project = {
    root,
    dvcDir,
    tmpDir,
    cacheDir,
    cwd,
    config,
    git,
    gitFiles: files,
    get ignore() {
      return (opened.ignore ??= openIgnoreRules(root));
    },
    get store() {
      return (opened.store ??= openStore(cacheDir, {
        tmpDir,
        types: parseLinkTypes(config.text('cache', 'type')),
        shared: config.text('cache', 'shared') === 'group'
      }));
    },
    get index() {
      return (opened.index ??= FileIndex.open(join(tmpDir, 'cellar', 'index', 'workspace'), root));
    },
    save() {
      opened.index?.save();
      opened.store?.save();
      savePlaced(project);
    }
  };
  return project;
}

function requireGit(root: string): Git {
  const git = openGit(root);
  if (git === null) {
    throw new CellarError('E_NO_SCM', `${root} is not a git repository`, {
      next: 'Run `git init`, or `cellar config core.no_scm true` to work without git.',
      at: { path: root }
    });
  }
  return git;
}

async function ensureInternalIgnores(dvcDir: string, git: Git | null, files: GitFiles): Promise<void> {
  const text = readTextIfSync(join(dvcDir, '.gitignore'));
  const lines = new Set(text?.split('\n'));
  const missing = INTERNAL_IGNORES.filter(line => !lines.has(line));
  if (git !== null && missing.length > 0) {
    await files.ignore(missing.map(line => join(dvcDir, line)));
  }
}

/** A path as DVC shows it: from where the user stands when that is inside of the project, else from its root. */
export function shownPath(project: Pick<Project, 'root' | 'cwd'>, path: string): string {
  if (!isInside(project.root, path)) {
    return path;
  }
  const base = isInside(project.root, project.cwd) ? project.cwd : project.root;
  return relative(base, path) || '.';
}
