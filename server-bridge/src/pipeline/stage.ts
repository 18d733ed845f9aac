import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { DvcFile } from '../formats/dvcfile.js';
import type { LockEntry, OutFlags, RecordedPath } from '../formats/entries.js';
import type { Value, ValueMap } from '../formats/value.js';
import { isInside } from '../io/contain.js';

/** A dep of a stage. `path` is as the file spells it (the name under which the lock records it). */
export interface Dep {
  path: string;
  /** Absolute; for a URL the URL itself. */
  abs: string;
  /** `http://…`, `s3://…`, `ds://…`, `remote://…`: nothing of it is on this disk. */
  external: boolean;
  recorded?: RecordedPath;
}

/** A parameter file and the keys of it that a stage uses. */
export interface ParamsDep {
  path: string;
  abs: string;
  /** Dotted keys in the order of `dvc.yaml`; empty for the whole file. */
  keys: string[];
  /** Values of the last run; null when the lock has none for this file. */
  recorded: ValueMap | null;
}

export interface StageOut {
  path: string;
  abs: string;
  flags: OutFlags;
  recorded?: RecordedPath;
}

/** A stage of a `dvc.yaml` after templating, or a `.dvc` file, with what the lock records of it. */
export interface Stage {
  /** The same at every place: `dvc.yaml:train`, `sub/dvc.yaml:train`, `data.csv.dvc`; relative to the root, POSIX. */
  id: string;
  kind: 'pipeline' | 'dvc';
  /** Absolute path of `dvc.yaml` or of the `.dvc` file. */
  file: string;
  /** Null for a `.dvc` file. */
  name: string | null;
  /** Name of the `foreach` or `matrix` entry that made it. */
  group: string | null;
  /** Absolute. */
  wdir: string;
  /** Null for a data source. */
  cmd: string | string[] | null;
  deps: Dep[];
  params: ParamsDep[];
  outs: StageOut[];
  frozen: boolean;
  alwaysChanged: boolean;
  desc: string | null;
  meta: Value | null;
  /** The whole lock entry, null when there is none. */
  lock: LockEntry | null;
  /** The parsed `.dvc` file. */
  dvcfile: DvcFile | null;
}

/** `dvc.lock` beside a `dvc.yaml`. */
export function lockPath(stage: Pick<Stage, 'file'>): string {
  return join(dirname(stage.file), 'dvc.lock');
}

/**
 * Name of a stage as DVC shows it and takes it as a target (spec/dvc-pipelines.md §4.3): the bare name when its
 * `dvc.yaml` is in `cwd`, else with the file's path from there.
 */
export function addressOf(stage: Pick<Stage, 'file' | 'name'>, cwd: string): string {
  const file = relative(cwd, stage.file).split(sep).join('/');
  return stage.name === null ? file : file === 'dvc.yaml' ? stage.name : `${file}:${stage.name}`;
}

/** The form in sentences: `stage: 'train'`. */
export function stageText(stage: Pick<Stage, 'file' | 'name'>, cwd: string): string {
  return `stage: '${addressOf(stage, cwd)}'`;
}

/** A data source is a `.dvc` file: nothing is run for it. */
export function isDataSource(stage: Stage): boolean {
  return stage.cmd === null;
}

/** Made by `dvc import` or `import-url`. */
export function isImport(stage: Stage): boolean {
  return stage.cmd === null && stage.deps.length === 1 && stage.outs.length === 1;
}

/** A stage with a command and nothing else runs at every `repro`. */
export function isCallback(stage: Stage): boolean {
  return stage.cmd !== null && stage.deps.length + stage.params.length + stage.outs.length === 0;
}

/** True when the lock was made with another command. Without a lock entry it is false: missing hashes tell then. */
export function commandChanged(stage: Stage): boolean {
  if (stage.lock === null || stage.cmd === null) {
    return false;
  }
  const { cmd } = stage.lock;
  if (typeof cmd === 'string' || typeof stage.cmd === 'string') {
    return cmd !== stage.cmd;
  }
  return cmd.length !== stage.cmd.length || cmd.some((line, i) => line !== stage.cmd?.[i]);
}

/** A path of a stage as the lock names it: absolute ones inside of the project become relative to `wdir`, as in DVC. */
export function definedPath(
  text: string,
  wdir: string,
  root: string
): { path: string; abs: string; external: boolean } {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    return { path: text, abs: text, external: true };
  }
  const abs = resolve(wdir, text);
  const path = isAbsolute(text) && isInside(root, abs) ? relative(wdir, abs).split(sep).join('/') : text;
  return { path, abs, external: false };
}

/** The root-relative identity of a stage. */
export function stageId(file: string, name: string | null, root: string): string {
  const path = relative(root, file).split(sep).join('/');
  return name === null ? path : `${path}:${name}`;
}

/** True for the two kinds of names that DVC accepts for stage files. */
export function isStageFile(path: string): boolean {
  const name = basename(path);
  return name === 'dvc.yaml' || name.endsWith('.dvc');
}
