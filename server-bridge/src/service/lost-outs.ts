import { dirname, join, resolve, sep } from 'node:path';
import { parseLockFile } from '../formats/lockfile.js';
import { parsePipelineFile } from '../formats/pipelinefile.js';
import { readTextIfSync } from '../io/files.js';
import { lockPath } from '../pipeline/stage.js';
import type { Stage } from '../pipeline/stage.js';
import { CellarError } from '../protocol/errors.js';
import type { LiveStage } from './stage-states.js';

/** A path of which nothing is known, since the file that speaks of it cannot be read. */
export interface LostOut {
  abs: string;
  error: CellarError;
}

/**
 * What a stage file that cannot be loaded would have told of: a `.dvc` file stands for the path that it is named after; of
 * `dvc.yaml` and its lock the one that can be read still names the outs.
 */
export function lostOuts(file: string, error: CellarError): LostOut[] {
  const paths = file.endsWith('.dvc') ? [file.slice(0, -'.dvc'.length)] : outsNamedBy(file);
  return paths.map(abs => ({ abs, error }));
}

function outsNamedBy(file: string): string[] {
  const folder = dirname(file);
  const text = readTextIfSync(file) ?? '';
  const lock = readTextIfSync(join(folder, 'dvc.lock')) ?? '';
  const named = [
    ...readable(() => [...parseLockFile(lock, 'dvc.lock').stages.values()].flatMap(entry => entry.outs)).map(
      out => out.path
    ),
    ...readable(() => [...parsePipelineFile(text, 'dvc.yaml').stages.values()]).flatMap(stage =>
      stage instanceof Map ? ['outs', 'metrics', 'plots'].flatMap(list => pathsIn(stage.get(list))) : []
    )
  ];
  return [...new Set(named)].map(path => resolve(folder, path));
}

/** Items of a list of outs: a path, or a mapping from a path to its flags. */
function pathsIn(list: unknown): string[] {
  return (Array.isArray(list) ? list : []).flatMap((item: unknown) =>
    (item instanceof Map ? [...item.keys()] : [item]).filter(path => typeof path === 'string')
  );
}

function readable<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof CellarError) {
      return [];
    }
    throw error;
  }
}

/** Whether one path is the other or lies in it. */
function touches(a: string, b: string): boolean {
  return a === b || a.startsWith(b + sep) || b.startsWith(a + sep);
}

/**
 * Stages that read something of which nothing is known, and those below them, cannot be brought about, and say why. Given in
 * an order in which producers come first; all others stay as they are.
 */
export function blockReaders(stages: readonly LiveStage[], lost: readonly LostOut[]): LiveStage[] {
  const unknown = lost.map(({ abs, error }) => ({ abs, words: error.message }));
  return stages.map(live => {
    const { stage } = live;
    const deps = stage.frozen || live.blocked !== null ? [] : stage.deps;
    const hit = unknown.find(each => deps.some(dep => touches(dep.abs, each.abs)));
    if (hit === undefined) {
      return live;
    }
    unknown.push(...stage.outs.map(out => ({ abs: out.abs, words: `\`${stage.name ?? stage.id}\` is blocked` })));
    return { ...live, blocked: hit.words };
  });
}

/** An error that names no file is about what is recorded of the stage. */
export function located(error: CellarError, stage: Stage): CellarError {
  const { code, message, next, exit, at, data } = error;
  const path = at?.path ?? (stage.kind === 'pipeline' ? lockPath(stage) : stage.file);
  return new CellarError(code, message, { next, exit, at: { ...at, path }, data, cause: error });
}
