import { join, sep } from 'node:path';
import { existsSync, statSync } from '../io/files.js';
import { readRecorded } from '../notebook/recorded.js';
import type { Stage } from '../pipeline/stage.js';
import { hashOut } from '../workspace/outs.js';
import type { Project } from '../workspace/project.js';
import type { HistoryEntry } from './history.js';
import { md5Of, recordedOut } from './recorded-outputs.js';

/**
 * Hashes of what a stage that just ran has read undeclared (N28), by path in the project: the lock does not know of these.
 * `outs` are the absolute paths that stages write; a folder that holds such, or the project's own files, changes with every
 * run and says nothing. A file that was changed after `began` (nanoseconds) may have been read before that: it counts as changed.
 */
export async function hashUndeclared(
  project: Project,
  stage: Stage,
  outs: readonly string[],
  { began, signal }: { began: bigint; signal: AbortSignal }
): Promise<Record<string, string>> {
  const out = recordedOut(stage);
  const found: Record<string, string> = {};
  for (const path of out === undefined ? [] : (readRecorded(out.abs)?.undeclared ?? [])) {
    const abs = join(project.root, ...path.split('/'));
    const facts = statSync(abs);
    const lively =
      facts?.isDirectory() === true &&
      (existsSync(join(abs, '.dvc')) || outs.some(each => each === abs || each.startsWith(abs + sep)));
    // A kind such as `network` is no path.
    if (facts !== null && !lively) {
      const touched = facts.isFile() && facts.ctimeNs >= began;
      const now = touched ? null : await hashOut(project, abs, { signal });
      if (touched || now !== null) {
        found[path] = now?.hash.value ?? 'changed meanwhile';
      }
    }
  }
  return found;
}

/**
 * The key of a result in the history: the hashes of all outs together. The recorded output alone does not tell results apart: two
 * runs that print the same may have read other files and written other outs. Null where an out is not recorded.
 */
export function resultKey(stage: Pick<Stage, 'outs'>): string | null {
  const hashes = stage.outs.map(out => [out.path, out.recorded?.hash?.value ?? '']).sort();
  return hashes.length === 0 || hashes.some(([, hash]) => hash === '') ? null : md5Of(JSON.stringify(hashes));
}

/**
 * Paths that the recorded result of a stage was made with and that are now something else, or gone. Empty where this machine
 * did not run that result: in a clone the mark alone speaks.
 */
export async function changedReads(
  project: Project,
  stage: Stage,
  history: HistoryEntry | undefined
): Promise<string[]> {
  const made = resultKey(stage);
  const known = stage.frozen || made === null ? undefined : history?.reads.find(each => each.made === made);
  const changed: string[] = [];
  for (const [path, md5] of Object.entries(known?.files ?? {})) {
    const now = await hashOut(project, join(project.root, ...path.split('/')));
    if (now?.hash.value !== md5) {
      changed.push(path);
    }
  }
  return changed;
}
