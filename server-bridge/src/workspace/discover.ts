import { basename, join, relative, sep } from 'node:path';
import { readdirTypesSync, type Dirent } from '../io/files.js';
import { compareCodePoints } from '../io/walk.js';
import type { IgnoreSession } from '../git/git.js';
import type { Project } from './project.js';

/** Names of files that describe tracked data or stages; nothing else may hold them (spec/dvc-data.md §1.6). */
export function isStageFileName(path: string): boolean {
  const name = basename(path);
  return name === 'dvc.yaml' || name.endsWith('.dvc');
}

/**
 * Visits every `.dvc` file and `dvc.yaml` of the project in collection order: a directory's files, then its
 * sub-directories, each sorted. Left out is what `.dvcignore` or git ignores, nested projects, linked directories, and
 * directories that are outs of files visited before: `visit` returns the outs (absolute) of the file it is given.
 */
export async function discoverStageFiles(
  project: Project,
  visit: (file: string) => readonly string[] | Promise<readonly string[]>
): Promise<void> {
  const outs = new Set<string>();
  let session: IgnoreSession | null = null;
  const hidden = async (paths: string[]): Promise<Set<string>> => {
    const git = project.git;
    if (git === null || paths.length === 0) {
      return new Set();
    }
    session ??= git.ignoreSession();
    const asked = new Map(paths.map(path => [relative(git.root, path).split(sep).join('/') + tail(path), path]));
    const hits = await session.ignored([...asked.keys()]);
    return new Set([...hits].flatMap(hit => asked.get(hit) ?? []));
  };
  const walk = async (dir: string): Promise<void> => {
    const { files, dirs } = candidates(project, dir);
    const ignored = await hidden([...files, ...dirs.map(each => each + sep)]);
    for (const file of files.filter(each => !ignored.has(each))) {
      (await visit(file)).forEach(out => outs.add(out));
    }
    for (const each of dirs.filter(one => !ignored.has(one + sep) && !outs.has(one))) {
      await walk(each);
    }
  };
  try {
    await walk(project.root);
  } finally {
    (session as IgnoreSession | null)?.close();
  }
}

function tail(path: string): string {
  return path.endsWith(sep) ? '/' : '';
}

function candidates(project: Project, dir: string): { files: string[]; dirs: string[] } {
  const entries = readdirTypesSync(dir).sort((a: Dirent, b: Dirent) => compareCodePoints(a.name, b.name));
  const kept = entries.filter(entry => entry.isDirectory() || isStageFileName(entry.name));
  const visible = kept.filter(entry => !project.ignore.ignoresEntry(join(dir, entry.name), entry.isDirectory()));
  return {
    files: visible.filter(entry => !entry.isDirectory()).map(entry => join(dir, entry.name)),
    dirs: visible.filter(entry => entry.isDirectory()).map(entry => join(dir, entry.name))
  };
}
