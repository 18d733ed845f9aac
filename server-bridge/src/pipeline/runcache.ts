import { dirname, isAbsolute, join } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import type { LockEntry } from '../formats/entries.js';
import { pythonJson } from '../formats/pythonjson.js';
import { parseRunCacheEntry, printRunCacheEntry, runCacheKey, runCacheValue } from '../formats/runcachefile.js';
import type { Value } from '../formats/value.js';
import { isInside } from '../io/contain.js';
import { readTextIfSync, statSync, unlinkIfSync } from '../io/files.js';
import { publishFile } from '../io/publish.js';
import { isInCache } from '../workspace/outs.js';
import type { Project } from '../workspace/project.js';
import { runNames } from './litter.js';
import { isCallback, type Stage } from './stage.js';

/** The run cache lies in the root of the cache, beside `files/md5` (spec/dvc-pipelines.md §6.1). */
function runsDir(project: Project): string {
  return join(project.cacheDir, 'runs');
}

function entryDir(project: Project, key: string): string {
  return join(runsDir(project), key.slice(0, 2), key);
}

/**
 * Whether runs of a stage are recorded and restored at all: it has a command, something read, something written, all of
 * it on this disk, and no out that survives its run (§6.3). That its deps exist is for the caller to have checked.
 */
export function isEligible(project: Project, stage: Stage): boolean {
  return (
    stage.cmd !== null &&
    !isCallback(stage) &&
    !stage.alwaysChanged &&
    stage.deps.length + stage.params.length > 0 &&
    stage.outs.length > 0 &&
    stage.deps.every(dep => !dep.external) &&
    stage.outs.every(out => !out.flags.persist && !isAbsolute(out.path) && isInside(project.root, out.abs))
  );
}

/** A plain uncached out keeps runs of a stage from being saved: there would be nothing to restore it from (§5.7). */
export function savesRuns(project: Project, stage: Stage): boolean {
  return isEligible(project, stage) && stage.outs.every(out => out.flags.cache || out.flags.kind !== 'out');
}

/**
 * Key of the run cache for a stage as it is now.
 * @throws `E_PARAM_TYPE` for a parameter that has no JSON form (a date), which DVC finds only after the run
 */
export function checkedKey(entry: LockEntry): string {
  try {
    return runCacheKey(entry);
  } catch (cause) {
    if (!(cause instanceof TypeError)) {
      throw cause;
    }
    throw new CellarError('E_PARAM_TYPE', cause.message, {
      next: 'Write the value as text: put it in quotes in the parameter file.',
      cause
    });
  }
}

/**
 * The newest run with the command, deps and params of `entry` whose outs are all in the cache; null if there is none.
 * DVC looks at the newest file only, by time of change, and so do we (§6.3).
 */
export async function findRun(
  project: Project,
  entry: LockEntry,
  warn: (text: string) => void = () => undefined
): Promise<LockEntry | null> {
  const key = checkedKey(entry);
  const name = newest(entryDir(project, key));
  const found = name === null ? null : readRun(project, key, name, warn);
  if (found === null || !sameParams(found, entry)) {
    return null;
  }
  return (await outsCached(project, found)) ? found : null;
}

/** Record a run. The first entry of equal content stays as it is, with its time (§6.3). Its objects must be in the cache. */
export function saveRun(project: Project, entry: LockEntry): void {
  const path = join(entryDir(project, runCacheKey(entry)), runCacheValue(entry));
  if (readTextIfSync(path) === null) {
    publishFile(path, printRunCacheEntry(entry), { mode: 0o644 });
  }
}

/** Whether every out of an entry can be brought from the cache, uncached metrics and plots included. */
export async function outsCached(project: Project, entry: LockEntry): Promise<boolean> {
  for (const out of entry.outs) {
    if (!out.hash || !(await isInCache(project, out.hash))) {
      return false;
    }
  }
  return true;
}

/**
 * DVC leaves the names `size` and `nfiles` out of a key wherever they stand, also as names of parameters: a run with
 * another `size` would be taken for this one (spec/dvc-pipelines.md §11.2, dvc issue 10296). The key is kept, the
 * restore is not.
 */
function sameParams(a: LockEntry, b: LockEntry): boolean {
  const text = (entry: LockEntry): string =>
    pythonJson(new Map([...entry.params].map(([file, values]): [string, Value] => [file, values])), { sortKeys: true });
  return text(a) === text(b);
}

function newest(dir: string): string | null {
  let best: { name: string; time: bigint } | null = null;
  for (const name of runNames(dir)) {
    const time = statSync(join(dir, name))?.mtimeNs ?? 0n;
    if (best === null || time > best.time) {
      best = { name, time };
    }
  }
  return best?.name ?? null;
}

/** A file that cannot be read as a run is removed with a warning, as by DVC. */
function readRun(project: Project, key: string, name: string, warn: (text: string) => void): LockEntry | null {
  const path = join(entryDir(project, key), name);
  const text = readTextIfSync(path);
  if (text === null) {
    return null;
  }
  try {
    return parseRunCacheEntry(text, path);
  } catch (error) {
    if (!(error instanceof CellarError) || dirname(path) !== entryDir(project, key)) {
      throw error;
    }
    warn(`corrupted cache file '${path}'.`);
    unlinkIfSync(path);
    return null;
  }
}
