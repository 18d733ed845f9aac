import { dirname, join, resolve } from 'node:path';
import { readable } from '../formats/lenient.js';
import { parseLockFile } from '../formats/lockfile.js';
import { parsePipelineFile } from '../formats/pipelinefile.js';
import { readTextIfSync } from '../io/files.js';
import { overlaps } from '../io/rwlock.js';
import { ownedPart } from '../notebook/entry.js';
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
  const recorded = readable(() => [...parseLockFile(lock, 'dvc.lock').stages.values()], []);
  const entries = readable(() => [...parsePipelineFile(text, 'dvc.yaml').stages.values()], []);
  const outs = [...recorded.flatMap(entry => entry.outs), ...entries.flatMap(entry => ownedPart(entry, null, '').outs)];
  return [...new Set(outs.map(out => out.path))].map(path => resolve(folder, path));
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
    const hit = unknown.find(each => deps.some(dep => overlaps(dep.abs, each.abs)));
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
