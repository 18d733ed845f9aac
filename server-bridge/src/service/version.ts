import { arch, platform, release } from 'node:os';
import { relative } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { runGit } from '../git/exec.js';
import { existsSync } from '../io/files.js';
import { native } from '../io/native.js';
import { DEFAULT_TYPES, usableTypes } from '../store/links.js';
import { openProject } from '../workspace/project.js';
import { findRootIf } from '../workspace/locate.js';

/** Version of this program, set when it is bundled. */
export const CELLAR_VERSION = process.env.CELLAR_VERSION ?? 'development';

/** `cellar version`: what runs here, line by line; works outside of a project too. */
export async function versionLines(cwd: string): Promise<string[]> {
  const head = `Cellar version: ${CELLAR_VERSION}`;
  const lines = [
    head,
    '-'.repeat(head.length),
    'Files: compatible with DVC 3',
    `Platform: Node.js ${process.versions.node} on ${platform()}-${release()}-${arch()}`,
    `Git: ${await gitVersion(cwd)}`,
    `Native helpers: ${native() === null ? 'none' : 'file locks and links'}`
  ];
  const root = findRootIf(cwd);
  return root === null ? lines : [...lines, ...(await projectLines(cwd, root))];
}

async function projectLines(cwd: string, root: string): Promise<string[]> {
  const project = await openProject(cwd);
  // Nothing is made just to be asked about: before the first object the project's own folder stands for the cache.
  const cache = existsSync(project.cacheDir) ? project.cacheDir : project.tmpDir;
  const types = usableTypes([...DEFAULT_TYPES, 'hardlink', 'symlink'], cache, project.tmpDir);
  return [
    `Cache types: ${types.join(', ')}`,
    `Cache directory: ${relative(cwd, project.cacheDir) || '.'}`,
    `Repo: ${project.git === null ? 'dvc (no_scm)' : 'dvc, git'} in ${relative(cwd, root) || '.'}`
  ];
}

async function gitVersion(cwd: string): Promise<string> {
  try {
    const answer = await runGit(cwd, ['--version']);
    return answer.stdout
      .toString('utf8')
      .trim()
      .replace(/^git version /, '');
  } catch (error) {
    if (error instanceof CellarError) {
      return 'not found';
    }
    throw error;
  }
}
