import type { Hash, RecordedPath } from './entries.js';
import { boolean, integer, listOf, mapping, nothing, oneOf, string } from './schema.js';
import type { Check } from './schema.js';
import type { Value, ValueMap } from './value.js';

/** A checksum: nothing, or at least three characters; numbers are taken as text (spec/dvc-data.md §2.1). */
export const checksum: Check = (value, path) => {
  const text = checksumText(value);
  const fine = value === null || text === '' || (text !== undefined && text.length >= 3);
  return fine ? [] : [{ message: 'not a valid value', path }];
};

/** Text of a checksum: a number is taken as its digits. Undefined for anything that cannot be one. */
export function checksumText(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return undefined;
}

export const CHECKSUM_KEYS: Record<string, Check> = { md5: checksum, checksum, etag: checksum };
export const META_KEYS: Record<string, Check> = { size: integer, nfiles: integer, isexec: boolean, version_id: string };
export const cloud: Check = mapping({ rest: mapping({ keys: { ...META_KEYS, ...CHECKSUM_KEYS } }), maxLength: 1 });
export const dirFiles: Check = listOf(
  mapping({ keys: { ...CHECKSUM_KEYS, ...META_KEYS, relpath: string, cloud }, required: ['relpath'] })
);
export const optionalString = oneOf(string, nothing);

const HANDLED = new Set(['path', 'hash', 'md5', 'etag', 'checksum', 'size', 'nfiles', 'isexec']);

/** Hash of an entry: `hash:` present means DVC 3, absent means the legacy `md5-dos2unix` (spec/dvc-data.md §2.8). */
function readHash(map: ValueMap): Hash | undefined {
  const md5 = checksumText(map.get('md5') ?? null);
  if (md5) return { name: map.has('hash') ? 'md5' : 'md5-dos2unix', value: md5.toLowerCase() };
  const etag = checksumText(map.get('etag') ?? null);
  if (etag) return { name: 'etag', value: etag };
  const other = checksumText(map.get('checksum') ?? null);
  return other ? { name: 'checksum', value: other.toLowerCase() } : undefined;
}

/** A validated entry as a record; keys outside `known` stay in `extra`, in file order. */
export function readRecorded(map: ValueMap, known: ReadonlySet<string> = new Set()): RecordedPath {
  const path = map.get('path');
  const recorded: RecordedPath = { path: typeof path === 'string' ? path : '' };
  const hash = readHash(map);
  if (hash) recorded.hash = hash;
  const size = map.get('size');
  const nfiles = map.get('nfiles');
  if (typeof size === 'bigint') recorded.size = size;
  if (typeof nfiles === 'bigint') recorded.nfiles = nfiles;
  if (map.get('isexec') === true) recorded.isexec = true;
  const extra: ValueMap = new Map();
  for (const [key, value] of map) {
    if (typeof key !== 'string' || known.has(key)) continue;
    const secondHash = (key === 'etag' || key === 'checksum') && hash !== undefined && hash.name !== key;
    if (!HANDLED.has(key) || secondHash) extra.set(key, value);
  }
  if (extra.size > 0) recorded.extra = extra;
  return recorded;
}

function putMeta(out: ValueMap, recorded: RecordedPath): void {
  if (recorded.size !== undefined) out.set('size', recorded.size);
  if (recorded.nfiles !== undefined) out.set('nfiles', recorded.nfiles);
  if (recorded.isexec) out.set('isexec', true);
}

function putExtra(out: ValueMap, extra: ValueMap | undefined, keys: string[]): void {
  for (const key of keys) if (extra?.has(key)) out.set(key, extra.get(key) ?? null);
}

const hashKey = (hash: Hash): string => (hash.name === 'md5-dos2unix' ? 'md5' : hash.name);

/** An entry of `dvc.lock` or of the run cache, keys in DVC's order (spec/dvc-pipelines.md §2.2). */
export function lockEntryMap(recorded: RecordedPath): ValueMap {
  const out: ValueMap = new Map([['path', recorded.path]]);
  if (recorded.extra?.has('dataset')) {
    putExtra(out, recorded.extra, ['dataset']);
    return out;
  }
  if (recorded.hash?.name !== 'md5-dos2unix') out.set('hash', 'md5');
  if (recorded.extra?.has('files')) {
    putExtra(out, recorded.extra, ['files']);
    return out;
  }
  if (recorded.hash) out.set(hashKey(recorded.hash), recorded.hash.value);
  putMeta(out, recorded);
  putExtra(out, recorded.extra, ['version_id', 'etag', 'checksum', 'cloud']);
  return out;
}

/** An out or dep of a `.dvc` file, keys in DVC's order: the hash comes first (spec/dvc-data.md §2.2). */
export function dvcEntryMap(recorded: RecordedPath): ValueMap {
  const out: ValueMap = new Map();
  const { extra } = recorded;
  const isRepo = extra?.has('repo') ?? false;
  const withFiles = extra?.has('files') ?? false;
  if (!isRepo && !withFiles) {
    if (recorded.hash && (recorded.hash.name === 'md5' || recorded.hash.name === 'md5-dos2unix'))
      out.set('md5', recorded.hash.value);
    putMeta(out, recorded);
    putExtra(out, extra, ['version_id']);
    if (recorded.hash?.name === 'etag') out.set('etag', recorded.hash.value);
    putExtra(out, extra, ['etag']);
    if (recorded.hash?.name === 'checksum') out.set('checksum', recorded.hash.value);
    putExtra(out, extra, ['checksum', 'cloud']);
  }
  if (!isRepo && !extra?.has('db') && recorded.hash?.name !== 'md5-dos2unix') out.set('hash', 'md5');
  if (recorded.path !== '') out.set('path', recorded.path);
  putExtra(out, extra, ['fs_config', 'repo', 'db']);
  return out;
}
