import { dirname, join, relative, sep } from 'node:path';
import { existsSync, statSync } from '../io/files.js';
import { RUNNER } from '../notebook/names.js';
import { lockPath } from '../pipeline/stage.js';
import type { Stage } from '../pipeline/stage.js';
import type { Project } from '../workspace/project.js';
import { isNotebookStage } from './notebook-executor.js';

/** Files of notebooks' stages that belong into git (N11), by what keeps them out. Paths in the project, POSIX, sorted. */
export interface GitFacts {
  ignored: string[];
  /** There, not ignored, and not in the index. */
  unadded: string[];
}

const NOTHING: GitFacts = { ignored: [], unadded: [] };

/** Answers of the last questions of each project: git is asked again only when its index or the files are others. */
class Known<T> {
  private readonly last = new WeakMap<Project, { key: string; answer: Promise<T> }>();

  of(project: Project, key: string, ask: () => Promise<T>): Promise<T> {
    const last = this.last.get(project);
    if (last?.key === key) {
      return last.answer;
    }
    const answer = ask();
    this.last.set(project, { key, answer });
    answer.catch(() => this.last.delete(project));
    return answer;
  }
}

const factsOf = new Known<GitFacts>();
const trackedOf = new Known<Set<string>>();

/**
 * N11: scripts, runners, `dvc.yaml` and `dvc.lock` must be in git, else a clone lacks them. Two processes of git, and none
 * while neither the index nor the list of files changed.
 */
export async function gitFacts(project: Project, stages: readonly Stage[]): Promise<GitFacts> {
  const { git } = project;
  const files = filesForGit(stages);
  if (git === null || files.length === 0) {
    return NOTHING;
  }
  const { own, common } = await git.folders();
  const rules = [...ignoreFiles(git.root, files), join(common, 'info', 'exclude')].map(stamp);
  const key = JSON.stringify([files, stamp(join(own, 'index')), rules]);
  return factsOf.of(project, key, () => ask(project, files));
}

/** Those of the outs (absolute paths) that git has in its index (N29). */
export async function trackedOuts(project: Project, outs: readonly string[]): Promise<Set<string>> {
  const { git } = project;
  if (git === null || outs.length === 0) {
    return new Set();
  }
  const { own } = await git.folders();
  const key = JSON.stringify([outs, stamp(join(own, 'index'))]);
  return trackedOf.of(project, key, () => git.trackedAmong(outs));
}

function stamp(path: string): string | null {
  const stats = statSync(path);
  return stats === null ? null : `${stats.ino} ${stats.mtimeNs} ${stats.size}`;
}

/** Every `.gitignore` that may speak of the files. */
function ignoreFiles(root: string, files: readonly string[]): string[] {
  const folders = new Set<string>([root]);
  for (const file of files) {
    for (let folder = dirname(file); folder.startsWith(root + sep) && !folders.has(folder); folder = dirname(folder)) {
      folders.add(folder);
    }
  }
  return [...folders].map(folder => join(folder, '.gitignore'));
}

async function ask(project: Project, files: readonly string[]): Promise<GitFacts> {
  const [ignored, tracked] = await Promise.all([
    project.git?.ignoredAmong(files) ?? new Set<string>(),
    project.git?.trackedAmong(files) ?? new Set<string>()
  ]);
  const shown = (path: string): string => relative(project.root, path).split(sep).join('/');
  return {
    ignored: files.filter(path => ignored.has(path) && !tracked.has(path)).map(shown),
    unadded: files.filter(path => !ignored.has(path) && !tracked.has(path)).map(shown)
  };
}

/** Absolute paths of what notebooks' stages need in git and what is there of it. */
function filesForGit(stages: readonly Stage[]): string[] {
  const files = new Set<string>();
  for (const stage of stages.filter(isNotebookStage)) {
    files.add(join(dirname(stage.file), RUNNER));
    files.add(stage.file);
    files.add(lockPath(stage));
    stage.deps.filter(dep => /(^|\/)\.cellar\/[^/]+\/[^/]+\.py$/.test(dep.path)).forEach(dep => files.add(dep.abs));
  }
  return [...files].filter(path => existsSync(path)).sort();
}
