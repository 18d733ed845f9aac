import { relative, sep } from 'node:path';
import { parseLockFile, setLockEntry, type LockFile } from '../formats/lockfile.js';
import type { LockEntry } from '../formats/entries.js';
import { printRunCacheEntry } from '../formats/runcachefile.js';
import { readTextIfSync } from '../io/files.js';
import { publishFile } from '../io/publish.js';
import type { Project } from '../workspace/project.js';
import type { OnEvent } from './events.js';
import { noteParsed, parseOnce } from './parsed-files.js';
import { lockPath, type Stage } from './stage.js';

/** The lock file at `path`; null when there is none. @throws `E_LOCK_INVALID` */
export function readLock(project: Pick<Project, 'cwd'>, path: string): LockFile | null {
  const text = readTextIfSync(path);
  const shown = shownLock(project, path);
  return text === null ? null : parseOnce(path, shown, text, () => parseLockFile(text, shown));
}

/**
 * Write the entry of one stage into its `dvc.lock`, as soon as it is known; everything else in the file keeps its bytes.
 * An entry of equal content is left alone, file included. The stage object then holds what was recorded.
 */
export function writeLock(project: Project, stage: Stage, entry: LockEntry, onEvent: OnEvent): void {
  const path = lockPath(stage);
  const name = stage.name ?? '';
  const before = readTextIfSync(path);
  const lock = readLock(project, path);
  const old = lock?.stages.get(name);
  if (old === undefined || printRunCacheEntry(old) !== printRunCacheEntry(entry)) {
    const text = setLockEntry(before, name, entry);
    publishFile(path, text, { expect: before });
    const stages = new Map(lock?.stages).set(name, entry);
    noteParsed(path, shownLock(project, path), text, { ...lock, stages });
    onEvent({ type: 'file-written', path, created: before === null });
  }
  project.gitFiles.track(path);
  remember(stage, entry);
}

/** Later decisions of the same command compare with what has just been recorded. */
function remember(stage: Stage, entry: LockEntry): void {
  stage.lock = entry;
  for (const dep of stage.deps) {
    dep.recorded = entry.deps.find(each => each.path === dep.path);
  }
  for (const dep of stage.params) {
    dep.recorded = entry.params.get(dep.path) ?? null;
  }
  for (const out of stage.outs) {
    out.recorded = entry.outs.find(each => each.path === out.path);
  }
}

function shownLock({ cwd }: Pick<Project, 'cwd'>, path: string): string {
  return relative(cwd, path).split(sep).join('/');
}
