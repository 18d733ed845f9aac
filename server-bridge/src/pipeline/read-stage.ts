import { dirname, resolve } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import type { DvcFile } from '../formats/dvcfile.js';
import type { LockEntry, OutFlags, OutKind, RecordedPath } from '../formats/entries.js';
import { isList, isMapping, type Value, type ValueMap } from '../formats/value.js';
import { pythonText } from './templating/text.js';
import { definedPath, isStageFile, stageId, type Dep, type ParamsDep, type Stage, type StageOut } from './stage.js';

export interface StageOrigin {
  /** Absolute path of the stage file. */
  file: string;
  /** Absolute root of the project. */
  root: string;
}

/** A stage from its mapping after templating and its lock entry (spec/dvc-pipelines.md §1.3). */
export function pipelineStage(
  { file, root }: StageOrigin,
  name: string,
  group: string | null,
  map: ValueMap,
  lock: LockEntry | null
): Stage {
  const wdir = resolve(dirname(file), textOf(map.get('wdir')) ?? '.');
  const recorded = (list: RecordedPath[] | undefined): Map<string, RecordedPath> =>
    new Map(list?.map(entry => [entry.path, entry]));
  const oldDeps = recorded(lock?.deps);
  const oldOuts = recorded(lock?.outs);
  const cmd = map.get('cmd');
  return {
    id: stageId(file, name, root),
    kind: 'pipeline',
    file,
    name,
    group,
    wdir,
    cmd: isList(cmd) ? cmd.map(pythonText) : pythonText(cmd ?? null),
    deps: listOf(map.get('deps')).map(item => depAt(pythonText(item), wdir, root, oldDeps)),
    params: paramsOf(listOf(map.get('params')), { wdir, root, file, name }, lock),
    outs: (['outs', 'metrics', 'plots'] as const).flatMap(key =>
      outsOf(listOf(map.get(key)), key, wdir, root, oldOuts)
    ),
    frozen: map.get('frozen') === true,
    alwaysChanged: map.get('always_changed') === true,
    desc: textOf(map.get('desc')) ?? null,
    meta: map.get('meta') ?? null,
    lock,
    dvcfile: null
  };
}

/** The stage that a `.dvc` file is. */
export function dvcStage({ file, root }: StageOrigin, dvcfile: DvcFile): Stage {
  const wdir = resolve(dirname(file), dvcfile.wdir);
  return {
    id: stageId(file, null, root),
    kind: 'dvc',
    file,
    name: null,
    group: null,
    wdir,
    cmd: null,
    deps: dvcfile.deps.map(entry => ({ ...definedPath(entry.path, wdir, root), recorded: entry })),
    params: [],
    outs: dvcfile.outs.map(entry => ({ ...definedPath(entry.path, wdir, root), flags: entry.flags, recorded: entry })),
    frozen: dvcfile.frozen,
    alwaysChanged: dvcfile.alwaysChanged,
    desc: dvcfile.desc ?? null,
    meta: dvcfile.meta ?? null,
    lock: null,
    dvcfile
  };
}

function depAt(text: string, wdir: string, root: string, recorded: Map<string, RecordedPath>): Dep {
  refuseStageFile(text, 'a dependency');
  const at = definedPath(text, wdir, root);
  return { ...at, recorded: recorded.get(at.path) };
}

/** Stage files say what depends on what; they take no part in it themselves. */
function refuseStageFile(path: string, as: string): void {
  if (isStageFile(path)) {
    throw new CellarError('E_STAGE_FILE_PATH', `DVC file '${path}' cannot be ${as}.`, {
      next: `Take '${path}' out of the stage.`,
      data: { path }
    });
  }
}

const KINDS: Record<'outs' | 'metrics' | 'plots', OutKind> = { outs: 'out', metrics: 'metric', plots: 'plot' };

/** Items are paths or `{path: flags}`; the flags of a path that is named twice in one list are merged. */
function outsOf(
  items: readonly Value[],
  key: keyof typeof KINDS,
  wdir: string,
  root: string,
  recorded: Map<string, RecordedPath>
): StageOut[] {
  const merged = new Map<string, Map<string, Value>>();
  for (const item of items) {
    for (const [path, flags] of isMapping(item) ? item : new Map([[item, null]])) {
      const known = merged.get(pythonText(path)) ?? new Map<string, Value>();
      if (isMapping(flags)) {
        flags.forEach((value, flag) => known.set(pythonText(flag), value));
      } else if (isList(flags)) {
        throw new CellarError(
          'E_PIPELINE_INVALID',
          `Multiple plots per data file not supported: '${pythonText(path)}'.`,
          {
            next: 'Give the properties as one mapping, or define the plots at the top level of dvc.yaml.'
          }
        );
      }
      merged.set(pythonText(path), known);
    }
  }
  return [...merged].map(([text, flags]) => {
    refuseStageFile(text, 'an output');
    const at = definedPath(text, wdir, root);
    return { path: at.path, abs: at.abs, flags: flagsOf(flags, KINDS[key]), recorded: recorded.get(at.path) };
  });
}

function flagsOf(map: Map<string, Value>, kind: OutKind): OutFlags {
  const remote = textOf(map.get('remote'));
  return {
    kind,
    cache: map.get('cache') !== false,
    persist: map.get('persist') === true,
    push: map.get('push') !== false,
    ...(remote === undefined ? {} : { remote })
  };
}

/** Entry forms: `key`, `{file: [keys]}`, `{file: null}`; a file named whole anywhere is taken whole (§3.4). */
function paramsOf(
  items: readonly Value[],
  where: { wdir: string; root: string; file: string; name: string },
  lock: LockEntry | null
): ParamsDep[] {
  const pairs = items.flatMap((item): [string, Value][] =>
    isMapping(item) ? [...item].map(([file, keys]) => [pythonText(file), keys]) : [['params.yaml', [item]]]
  );
  const empty = (keys: Value): boolean =>
    keys === null || (isList(keys) ? keys.length === 0 : isMapping(keys) && !keys.size);
  const whole = new Set(pairs.filter(([, keys]) => empty(keys)).map(([file]) => file));
  const files = new Map<string, string[]>();
  for (const [file, keys] of pairs) {
    if (!empty(keys) && !isList(keys)) {
      throw new CellarError('E_PIPELINE_INVALID', `Expected list of params for custom params file '${file}'.`, {
        next: `List the keys of '${file}' that the stage '${where.name}' uses.`,
        at: { path: where.file, stage: where.name }
      });
    }
    const known = files.get(file) ?? [];
    files.set(file, whole.has(file) ? [] : [...known, ...listOf(keys).map(pythonText)]);
  }
  return [...files].map(([file, keys]) => {
    const { path, abs } = definedPath(file, where.wdir, where.root);
    return { path, abs, keys, recorded: recordedValues(lock?.params.get(path), keys) };
  });
}

/** What the lock holds of the keys that are listed now; other values of it are ignored (§3.5). */
function recordedValues(values: ValueMap | undefined, keys: readonly string[]): ValueMap | null {
  if (values === undefined) {
    return null;
  }
  return keys.length === 0 ? values : new Map([...values].filter(([key]) => keys.includes(pythonText(key))));
}

function listOf(value: Value | undefined): readonly Value[] {
  return isList(value) ? value : [];
}

function textOf(value: Value | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
