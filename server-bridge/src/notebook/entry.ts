/** The entry of a stage in `dvc.yaml`: what the compiler makes, and what stays as the user has it (N6, N7). */
import { compareCodePoints } from '../formats/codepoints.js';
import { pythonJson } from '../formats/pythonjson.js';
import { isList, isMapping, type Scalar, type Value, type ValueMap } from '../formats/value.js';
import { md5Hex } from '../hash/md5.js';
import type { ScriptHeader } from '../protocol/script.js';
import type { OutKind } from '../protocol/tag.js';
import type { OutFile, StageResult } from './context.js';
import { stagePaths } from './names.js';

/** Number of this compiler (N8). */
export const COMPILER = 1;

export interface OwnMeta {
  notebook: string;
  compiler: number;
  made: string;
  /** The user keeps a hand-edited entry: MD5 of what it is and of what would be made (N7). */
  kept: { mine: string; made: string } | null;
}

/** What the compiler owns in an entry. */
export interface Made {
  cmd: string;
  deps: string[];
  params: string[];
  outs: OutFile[];
}

const LISTS: [string, OutKind][] = [
  ['outs', 'out'],
  ['metrics', 'metric'],
  ['plots', 'plot']
];

/** `meta.cellar` of an entry, null when it is not ours. */
export function ownMeta(entry: ValueMap): OwnMeta | null {
  const meta = entry.get('meta');
  const own = isMapping(meta) ? meta.get('cellar') : undefined;
  const notebook = isMapping(own) ? own.get('notebook') : undefined;
  if (!isMapping(own) || typeof notebook !== 'string') {
    return null;
  }
  const compiler = own.get('compiler');
  const made = own.get('made');
  const kept = own.get('kept');
  const pair = isMapping(kept) ? { mine: textOf(kept.get('mine')), made: textOf(kept.get('made')) } : null;
  return {
    notebook: notebook.replace(/\\\$\{/g, '${'),
    compiler: typeof compiler === 'bigint' ? Number(compiler) : 0,
    made: typeof made === 'string' ? made : '',
    kept: pair
  };
}

function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}

export function madeOf(result: StageResult): Made {
  return { cmd: result.paths.command, deps: result.deps, params: result.params, outs: result.outs };
}

export function madeHash(made: Made): string {
  const value: ValueMap = new Map<string, Value>([
    ['cmd', made.cmd],
    ['deps', [...made.deps].sort(compareCodePoints)],
    ['params', [...made.params].sort(compareCodePoints)],
    ['outs', made.outs.map(out => `${out.kind} ${out.path}`).sort(compareCodePoints)]
  ]);
  return md5Hex(pythonJson(value, { sortKeys: true }));
}

/** What an entry holds of what the compiler made: items that are not in the old script's header are the user's (N7). */
export function ownedPart(entry: ValueMap, header: ScriptHeader | null, folder: string): Made {
  const paths = header === null ? null : stagePaths(folder, header.stage);
  const deps =
    header === null || paths === null
      ? null
      : new Set([paths.script, ...Object.values(header.vars_in), ...header.files_in]);
  const outs =
    header === null ? null : new Set([header.outputs, ...Object.values(header.vars_out), ...header.files_out]);
  const params = header === null ? null : new Set(Object.values(header.params).map(param => param.key));
  const cmd = entry.get('cmd');
  const mine = (list: string[], known: ReadonlySet<string> | null): string[] =>
    list.filter(item => known === null || known.has(item));
  return {
    cmd: typeof cmd === 'string' ? cmd : pythonJson(cmd ?? null),
    deps: mine(texts(entry.get('deps')), deps),
    params: mine(texts(entry.get('params')), params),
    outs: LISTS.flatMap(([key, kind]) => mine(texts(entry.get(key)), outs).map(path => ({ path, kind })))
  };
}

function texts(value: Value | undefined): string[] {
  return isList(value) ? value.map(itemPath).filter(path => path !== null) : [];
}

/** The path that an item of a list names, with or without flags. */
export function itemPath(item: Value): string | null {
  if (typeof item === 'string') {
    return item;
  }
  const first = isMapping(item) ? [...item.keys()][0] : undefined;
  return typeof first === 'string' ? first : null;
}

/** The new entry: made parts anew, the user's keys, list items and flags as they were. */
export function buildEntry(result: StageResult, notebook: string, before: ValueMap | null, old: Made | null): ValueMap {
  const made = madeOf(result);
  const entry: ValueMap = new Map<string, Value>([['cmd', made.cmd]]);
  const lists = new Map<string, Value[]>();
  lists.set('deps', merge(made.deps, before?.get('deps'), old?.deps ?? []));
  lists.set('params', merge(made.params, before?.get('params'), old?.params ?? []));
  for (const [key, kind] of LISTS) {
    const paths = made.outs.filter(out => out.kind === kind).map(out => out.path);
    const gone = [...(old?.outs ?? []), ...made.outs].map(out => out.path);
    const items = merge(paths, before?.get(key), gone).map(item => withFlags(item, key, before));
    lists.set(key, items);
  }
  for (const [key, items] of lists) {
    if (items.length > 0) {
      entry.set(key, items);
    }
  }
  const known = new Set(['cmd', 'meta', ...lists.keys()]);
  for (const [key, value] of before ?? []) {
    if (typeof key === 'string' && !known.has(key)) {
      entry.set(key, value);
    }
  }
  entry.set('meta', meta(before, notebook, made));
  return entry;
}

function meta(before: ValueMap | null, notebook: string, made: Made): ValueMap {
  const old = before?.get('meta');
  const all: ValueMap = new Map<Scalar, Value>(isMapping(old) ? old : []);
  all.set(
    'cellar',
    new Map<string, Value>([
      ['notebook', notebook.replace(/\$\{/g, '\\${')],
      ['compiler', BigInt(COMPILER)],
      ['made', madeHash(made)]
    ])
  );
  return all;
}

/** Made items sorted by path, with the user's own; the order on disk stays when the items are the same. */
function merge(made: readonly string[], before: Value | undefined, owned: readonly string[]): Value[] {
  const old = isList(before) ? before : [];
  const ours = new Set([...owned, ...made]);
  const kept = old.filter(item => !ours.has(itemPath(item) ?? ''));
  const items: Value[] = made.map(path => old.find(item => itemPath(item) === path) ?? path);
  const all = [...items, ...kept].sort((a, b) => compareCodePoints(itemPath(a) ?? '', itemPath(b) ?? ''));
  const same = all.length === old.length && old.every(item => all.includes(item));
  return same ? [...old] : all;
}

/** A new metric is not cached (N30); flags of an out that moved between the lists move with it. */
function withFlags(item: Value, key: string, before: ValueMap | null): Value {
  if (typeof item !== 'string') {
    return item;
  }
  for (const [list] of LISTS.filter(([name]) => name !== key)) {
    const old = before?.get(list);
    const found = isList(old) ? old.find(one => isMapping(one) && itemPath(one) === item) : undefined;
    if (found !== undefined) {
      return found;
    }
  }
  const known = before?.get(key);
  const there = isList(known) && known.includes(item);
  return key === 'metrics' && !there
    ? new Map<string, Value>([[item, new Map<string, Value>([['cache', false]])]])
    : item;
}
