import type { OutFlags, RecordedPath } from './entries.js';
import {
  CHECKSUM_KEYS,
  META_KEYS,
  checksum,
  checksumText,
  cloud,
  dirFiles,
  dvcEntryMap,
  optionalString,
  readRecorded
} from './recorded.js';
import { anyMapping, anything, boolean, listOf, mapping, nothing, oneOf, string } from './schema.js';
import type { Check } from './schema.js';
import { parseStrict } from './strictyaml.js';
import { isList, isMapping } from './value.js';
import type { Value, ValueMap } from './value.js';
import { patchYaml, printYaml } from './yaml.js';

/** What a user wrote about an out; carried, never interpreted. */
export interface Annotations {
  desc?: string;
  type?: string;
  labels?: string[];
  meta?: ValueMap;
}

export interface DvcOut extends RecordedPath {
  flags: OutFlags;
  annotations: Annotations;
}

/** A `.dvc` file (spec/dvc-data.md §2). One dep and one out make it an import. */
export interface DvcFile {
  /** Checksum of the stage itself; imports only (§2.6). */
  md5?: string;
  /** Directory that paths are relative to, itself relative to the file. */
  wdir: string;
  deps: RecordedPath[];
  outs: DvcOut[];
  frozen: boolean;
  meta?: Value;
  desc?: string;
  alwaysChanged: boolean;
}

const ENTRY_KEYS: Record<string, Check> = {
  ...CHECKSUM_KEYS,
  ...META_KEYS,
  path: string,
  persist: boolean,
  cloud,
  hash: string,
  files: dirFiles,
  fs_config: anyMapping
};

const out = mapping({
  keys: {
    ...ENTRY_KEYS,
    desc: string,
    type: string,
    labels: listOf(string),
    meta: anything,
    cache: boolean,
    remote: string,
    push: boolean
  }
});

const dep = mapping({
  keys: {
    ...ENTRY_KEYS,
    repo: mapping({
      keys: {
        url: string,
        rev: string,
        rev_lock: string,
        config: oneOf(string, anyMapping),
        remote: oneOf(string, anyMapping)
      },
      required: ['url']
    }),
    db: mapping({ keys: { query: string, connection: string, file_format: string, table: string } })
  }
});

const SCHEMA = mapping({
  keys: {
    md5: checksum,
    wdir: optionalString,
    deps: oneOf(listOf(dep), nothing),
    outs: oneOf(listOf(out), nothing),
    locked: boolean,
    frozen: boolean,
    meta: anything,
    always_changed: boolean,
    desc: string
  }
});

const OUT_KEYS = new Set(['desc', 'type', 'labels', 'meta', 'cache', 'persist', 'remote', 'push']);

function readAnnotations(map: ValueMap): Annotations {
  const annotations: Annotations = {};
  const { desc, type, labels, meta } = Object.fromEntries(
    ['desc', 'type', 'labels', 'meta'].map(key => [key, map.get(key)])
  );
  if (typeof desc === 'string') annotations.desc = desc;
  if (typeof type === 'string') annotations.type = type;
  if (isList(labels)) annotations.labels = labels.filter(label => typeof label === 'string');
  if (isMapping(meta)) annotations.meta = meta;
  return annotations;
}

function readOut(map: ValueMap): DvcOut {
  const remote = map.get('remote');
  const flags: OutFlags = {
    kind: 'out',
    cache: map.get('cache') !== false,
    persist: map.get('persist') === true,
    push: map.get('push') !== false
  };
  if (typeof remote === 'string') flags.remote = remote;
  return { ...readRecorded(map, OUT_KEYS), flags, annotations: readAnnotations(map) };
}

const mappings = (value: Value | undefined): ValueMap[] => (isList(value) ? value.filter(isMapping) : []);

/**
 * Reads a `.dvc` file. Throws `E_DVCFILE_INVALID` (exit 255) for text that is no YAML or breaks the schema, with DVC's
 * words; a `cmd`, which DVC before 1.0 wrote here, is refused like every unknown key (spec/dvc-data.md §2.8).
 */
export function parseDvcFile(text: string, file: string): DvcFile {
  const value = parseStrict(text, file, { code: 'E_DVCFILE_INVALID', check: SCHEMA, limit: 1024 * 1024 });
  const map: ValueMap = isMapping(value) ? value : new Map<string, Value>();
  const wdir = map.get('wdir');
  const md5 = checksumText(map.get('md5') ?? null);
  const desc = map.get('desc');
  const meta = map.get('meta');
  const dvcfile: DvcFile = {
    wdir: typeof wdir === 'string' && wdir !== '' ? wdir : '.',
    deps: mappings(map.get('deps')).map(entry => readRecorded(entry)),
    outs: mappings(map.get('outs')).map(readOut),
    frozen: map.get('frozen') === true || map.get('locked') === true,
    alwaysChanged: map.get('always_changed') === true
  };
  if (md5) dvcfile.md5 = md5.toLowerCase();
  if (typeof desc === 'string') dvcfile.desc = desc;
  if (meta !== undefined && meta !== null) dvcfile.meta = meta;
  return dvcfile;
}

function annotate(map: ValueMap, { desc, type, labels, meta }: Annotations): void {
  if (desc) map.set('desc', desc);
  if (type) map.set('type', type);
  if (labels && labels.length > 0) map.set('labels', labels);
  if (meta && meta.size > 0) map.set('meta', meta);
}

function outMap(item: DvcOut): ValueMap {
  const map = dvcEntryMap(item);
  annotate(map, item.annotations);
  if (!item.flags.cache) map.set('cache', false);
  if (item.flags.persist) map.set('persist', true);
  if (item.flags.remote) map.set('remote', item.flags.remote);
  if (!item.flags.push) map.set('push', false);
  const files = item.extra?.get('files');
  if (files !== undefined) map.set('files', files);
  return map;
}

function depMap(item: RecordedPath): ValueMap {
  const map = dvcEntryMap(item);
  const files = item.extra?.get('files');
  if (files !== undefined) map.set('files', files);
  return map;
}

/** The structure of a `.dvc` file, keys in the order of a fresh write (spec/dvc-data.md §2.2). */
export function dvcFileMap(dvcfile: DvcFile): ValueMap {
  const map: ValueMap = new Map();
  if (dvcfile.desc) map.set('desc', dvcfile.desc);
  if (dvcfile.md5) map.set('md5', dvcfile.md5);
  if (dvcfile.wdir !== '.') map.set('wdir', dvcfile.wdir);
  if (dvcfile.frozen) map.set('frozen', true);
  if (dvcfile.deps.length > 0) map.set('deps', dvcfile.deps.map(depMap));
  if (dvcfile.outs.length > 0) map.set('outs', dvcfile.outs.map(outMap));
  if (dvcfile.alwaysChanged) map.set('always_changed', true);
  if (dvcfile.meta !== undefined) map.set('meta', dvcfile.meta);
  return map;
}

/** Text of a `.dvc` file; with the text it replaces, comments and key order of that one are kept (§2.3). */
export function printDvcFile(dvcfile: DvcFile, previous?: string): string {
  const map = dvcFileMap(dvcfile);
  return previous === undefined ? printYaml(map) : patchYaml(previous, map);
}
