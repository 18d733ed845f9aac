import { createHash } from 'node:crypto';
import type { LockEntry } from './entries.js';
import { LOCK_STAGE_SCHEMA, lockStageMap, readLockEntry } from './lockfile.js';
import { pythonJson } from './pythonjson.js';
import { parseStrict } from './strictyaml.js';
import { isList, isMapping } from './value.js';
import type { Value, ValueMap } from './value.js';
import { printYaml } from './yaml.js';

/** Sizes and file counts never enter a key, not even as the name of a parameter (spec/dvc-pipelines.md §6.2). */
function withoutCounts(value: Value): Value {
  if (isList(value)) return value.map(withoutCounts);
  if (!isMapping(value)) return value;
  const kept = [...value].filter(([key]) => key !== 'size' && key !== 'nfiles');
  return new Map(kept.map(([key, item]) => [key, withoutCounts(item)]));
}

function digest(map: ValueMap): string {
  return createHash('sha256')
    .update(pythonJson(withoutCounts(map), { sortKeys: true }))
    .digest('hex');
}

/**
 * Name of the folder of a run: SHA-256 over command, deps, params and the *paths* of outs.
 * Throws TypeError for parameters that JSON cannot express (dates), which DVC refuses as well.
 */
export function runCacheKey(entry: LockEntry): string {
  const map = lockStageMap(entry);
  const outs = map.get('outs') ?? [];
  map.set('outs', isList(outs) ? outs.map(out => (isMapping(out) ? (out.get('path') ?? null) : null)) : []);
  return digest(map);
}

/** Name of the file of a run: SHA-256 over the whole entry. */
export function runCacheValue(entry: LockEntry): string {
  return digest(lockStageMap(entry));
}

/** Reads a run-cache file. Throws `E_RUN_CACHE_INVALID`; the caller then forgets that run. */
export function parseRunCacheEntry(text: string, file: string): LockEntry {
  const value = parseStrict(text, file, {
    code: 'E_RUN_CACHE_INVALID',
    check: LOCK_STAGE_SCHEMA,
    limit: 64 * 1024 * 1024
  });
  return readLockEntry(isMapping(value) ? value : new Map<string, Value>());
}

export function printRunCacheEntry(entry: LockEntry): string {
  return printYaml(lockStageMap(entry));
}
