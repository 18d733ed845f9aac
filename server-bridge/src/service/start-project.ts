import { dirname, relative, sep } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { initGit, openGit } from '../git/git.js';
import { initProject } from '../workspace/init.js';
import { openProject } from '../workspace/project.js';
import { trustFacts } from './project-digest.js';
import { recordTrust } from './trust.js';
import type { ProjectView } from '../protocol/wire.js';

/** Where *Start versioning data here* would make a project for a notebook in `folder` (issue of the panel, N63). */
export function startPlace(folder: string): NonNullable<ProjectView['start']> {
  const git = openGit(folder);
  if (git === null) {
    return { gitInit: true, root: folder, subdir: null };
  }
  const below = relative(git.root, folder).split(sep).join('/');
  return { gitInit: false, root: git.root, subdir: below === '' ? null : folder };
}

/**
 * Makes exactly what `dvc init` makes: in the git root, or in `folder` with `subdir`; with `gitInit` the repository first.
 * The project was started here, so it is trusted.
 * @throws CellarError `E_NO_GIT` when there is no repository and none is to be made, and what `initProject` throws
 */
export async function startProject(folder: string, options: { gitInit: boolean; subdir: boolean }): Promise<string> {
  let git = openGit(folder);
  if (git === null) {
    if (!options.gitInit) {
      throw new CellarError('E_NO_GIT', `'${folder}' is not in a git repository.`, {
        exit: 1,
        next: 'Start versioning with *git init*, or run `git init` in a terminal.'
      });
    }
    git = await initGit(folder);
  }
  const inside = options.subdir && git.root !== folder;
  const root = inside ? folder : git.root;
  await initProject(root, { subdir: inside });
  await trustStarted(root);
  return root;
}

/** Records that the project was started on this machine by this user (N64). */
export async function trustStarted(root: string): Promise<void> {
  recordTrust(root, await trustFacts(await openProject(root), []), { code: true, remotes: true });
}

/** Folder in which a project is looked for upward: that of the notebook, or the path itself when it is a folder. */
export function folderOf(abs: string, isFolder: boolean): string {
  return isFolder ? abs : dirname(abs);
}
