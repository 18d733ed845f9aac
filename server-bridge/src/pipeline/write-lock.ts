import { relative, sep } from 'node:path';
import { parseLockFile, setLockEntry } from '../formats/lockfile.js';
import type { LockEntry } from '../formats/entries.js';
import { printRunCacheEntry } from '../formats/runcachefile.js';
import { readTextIfSync } from '../io/files.js';
import { publishFile } from '../io/publish.js';
import type { Project } from '../workspace/project.js';
import type { OnEvent } from './events.js';
import { lockPath, type Stage } from './stage.js';

/**
 * Write the entry of one stage into its `dvc.lock`, as soon as it is known; everything else in the file keeps its bytes.
 * An entry of equal content is left alone, file included. The stage object then holds what was recorded.
 */
export function writeLock(project: Project, stage: Stage, entry: LockEntry, onEvent: OnEvent): void {
  const path = lockPath(stage);
  const before = readTextIfSync(path);
  const shown = relative(project.cwd, path).split(sep).join('/');
  const old = before === null ? undefined : parseLockFile(before, shown).stages.get(stage.name ?? '');
  if (old === undefined || printRunCacheEntry(old) !== printRunCacheEntry(entry)) {
    publishFile(path, setLockEntry(before, stage.name ?? '', entry), { expect: before });
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
