import { CellarError } from '../protocol/errors.js';
import type { LockEntry } from './entries.js';
import { CHECKSUM_KEYS, META_KEYS, cloud, dirFiles, lockEntryMap, readRecorded } from './recorded.js';
import { anyList, anyMapping, anything, equal, listOf, mapping, oneOf, string } from './schema.js';
import { pythonJson } from './pythonjson.js';
import { parseStrict } from './strictyaml.js';
import { compareCodePoints } from './codepoints.js';
import { isList, isMapping, keyText } from './value.js';
import type { Value, ValueMap } from './value.js';
import { printYaml } from './yaml.js';
import { removeEntry, renameEntry, setEntry } from './yaml/splice.js';

/** `dvc.lock`: entries of stages that are not in `dvc.yaml` any more stay (spec/dvc-pipelines.md §2.5). */
export interface LockFile {
  stages: Map<string, LockEntry>;
  datasets?: Value;
}

const entry = mapping({
  keys: { ...CHECKSUM_KEYS, ...META_KEYS, path: string, cloud, files: dirFiles, hash: string, dataset: anyMapping },
  required: ['path']
});

/** One stage of the lock, and the whole of a run-cache file. */
export const LOCK_STAGE_SCHEMA = mapping({
  keys: {
    cmd: oneOf(string, anyList),
    deps: listOf(entry),
    params: mapping({ rest: mapping({ rest: anything }) }),
    outs: listOf(entry)
  },
  required: ['cmd']
});

const SCHEMA = mapping({
  keys: {
    schema: equal('2.0', 'invalid schema version'),
    datasets: anything,
    stages: mapping({ rest: LOCK_STAGE_SCHEMA })
  },
  required: ['schema']
});

const LIMIT = 64 * 1024 * 1024;

const mappings = (value: Value | undefined): ValueMap[] => (isList(value) ? value.filter(isMapping) : []);

/** A command as text; anything else than text in a list of commands runs as what it prints. */
function commandText(value: Value): string {
  return isList(value) || isMapping(value) ? pythonJson(value) : keyText(value);
}

/** A validated stage entry as data. */
export function readLockEntry(map: ValueMap): LockEntry {
  const cmd = map.get('cmd');
  const params = map.get('params');
  const entries = isMapping(params) ? [...params] : [];
  return {
    cmd: isList(cmd) ? cmd.map(commandText) : commandText(cmd ?? null),
    deps: mappings(map.get('deps')).map(item => readRecorded(item)),
    params: new Map(
      entries.map(([file, values]) => [keyText(file), isMapping(values) ? values : new Map<string, Value>()])
    ),
    outs: mappings(map.get('outs')).map(item => readRecorded(item))
  };
}

/** Param files in DVC's order: `params.yaml` first, the others by path; keys of a file sorted (spec/dvc-pipelines.md §2.3). */
function paramsMap(params: Map<string, ValueMap>): ValueMap {
  const files = [...params.keys()].sort((a, b) =>
    a === 'params.yaml' ? -1 : b === 'params.yaml' ? 1 : compareCodePoints(a, b)
  );
  return new Map(
    files.map(file => {
      const values = [...(params.get(file) ?? [])].sort(([a], [b]) => compareCodePoints(keyText(a), keyText(b)));
      return [file, new Map(values)];
    })
  );
}

/** Structure of one stage entry in the exact layout of DVC: keys `cmd, deps, params, outs`, paths sorted, empty ones left out. */
export function lockStageMap(entry: LockEntry): ValueMap {
  const byPath = (a: { path: string }, b: { path: string }) => compareCodePoints(a.path, b.path);
  const map: ValueMap = new Map([['cmd', entry.cmd]]);
  if (entry.deps.length > 0) map.set('deps', [...entry.deps].sort(byPath).map(lockEntryMap));
  if (entry.params.size > 0) map.set('params', paramsMap(entry.params));
  if (entry.outs.length > 0) map.set('outs', [...entry.outs].sort(byPath).map(lockEntryMap));
  return map;
}

/** Reads `dvc.lock`. Throws `E_LOCK_INVALID` (exit 255); merge conflict marks are named as such. */
export function parseLockFile(text: string, file: string): LockFile {
  const value = parseStrict(text, file, { code: 'E_LOCK_INVALID', check: emptyOr, limit: LIMIT });
  const map: ValueMap = isMapping(value) ? value : new Map<string, Value>();
  const stages = map.get('stages');
  const lock: LockFile = { stages: new Map() };
  for (const [name, stage] of isMapping(stages) ? stages : []) {
    if (isMapping(stage)) lock.stages.set(keyText(name), readLockEntry(stage));
  }
  const datasets = map.get('datasets');
  if (datasets !== undefined) lock.datasets = datasets;
  return lock;
}

/** An empty file counts as no lock at all. */
function emptyOr(value: Value, path: (string | number)[]) {
  return isMapping(value) && value.size === 0 ? [] : SCHEMA(value, path);
}

/** The lock with one stage set: in its place, or appended; everything else keeps its bytes. `null` text is no file yet. */
export function setLockEntry(text: string | null, name: string, entry: LockEntry): string {
  const stage = lockStageMap(entry);
  if (text === null || text.trim() === '') {
    return printYaml(
      new Map<string, Value>([
        ['schema', '2.0'],
        ['stages', new Map([[name, stage]])]
      ])
    );
  }
  return setEntry(text, 'stages', name, stage);
}

/** The lock without one stage; the same text when it has none of that name. */
export function removeLockEntry(text: string, name: string): string {
  return removeEntry(text, 'stages', name);
}

/** The lock with one stage renamed in its place. Throws `E_LOCK_INVALID` when the new name is taken. */
export function renameLockEntry(text: string, from: string, to: string): string {
  const { stages } = parseLockFile(text, 'dvc.lock');
  if (stages.has(to)) throw new CellarError('E_LOCK_INVALID', `The lock already has a stage '${to}'`);
  return stages.has(from) ? renameEntry(text, 'stages', from, to) : text;
}
