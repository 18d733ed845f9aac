import { sep } from 'node:path';
import type { LockEntry, RecordedPath } from '../formats/entries.js';
import type { Scalar, Value, ValueMap } from '../formats/value.js';
import { currentParams } from '../pipeline/params.js';
import { findRun, isEligible } from '../pipeline/runcache.js';
import type { Dep, ParamsDep } from '../pipeline/stage.js';
import { CellarError } from '../protocol/errors.js';
import { hashOut } from '../workspace/outs.js';
import type { Project } from '../workspace/project.js';
import type { LiveStage } from './stage-states.js';

/** A run of the run cache with exactly the inputs that the stage would have now, restores above included (N53). */
export async function cachedRun(
  project: Project,
  live: LiveStage,
  restored: ReadonlyMap<string, RecordedPath>
): Promise<LockEntry | null> {
  const { stage } = live;
  if (stage.cmd === null || !isEligible(project, stage)) {
    return null;
  }
  const deps: RecordedPath[] = [];
  for (const dep of stage.deps) {
    const facts = await inputFacts(project, live, dep, restored);
    if (facts === null) {
      return null;
    }
    deps.push({ ...facts, path: dep.path });
  }
  const params = new Map<string, ValueMap>();
  for (const dep of stage.params) {
    const all = dep.keys.length > 0 && dep.keys.every(key => live.params.has(key));
    const values: ValueMap | null = all ? new Map<Scalar, Value>() : fileParams(dep);
    if (values === null) {
      return null;
    }
    for (const key of dep.keys) {
      values.set(key, live.params.get(key) ?? values.get(key) ?? null);
    }
    params.set(dep.path, values);
  }
  const entry: LockEntry = { cmd: stage.cmd, deps, params, outs: stage.outs.map(out => ({ path: out.path })) };
  return findRun(project, entry);
}

/** Bytes of a run's outs; null where one is not recorded. */
export function sizeOf(run: LockEntry): number | null {
  const sizes = run.outs.map(out => out.size);
  return sizes.every(size => size !== undefined) ? sizes.reduce((sum, size) => sum + Number(size), 0) : null;
}

/** Values as the file holds them; null when a run could not read them. */
function fileParams(dep: ParamsDep): ValueMap | null {
  try {
    return new Map(currentParams(dep, dep.path));
  } catch (error) {
    if (error instanceof CellarError) {
      return null;
    }
    throw error;
  }
}

async function inputFacts(
  project: Project,
  live: LiveStage,
  dep: Dep,
  restored: ReadonlyMap<string, RecordedPath>
): Promise<RecordedPath | null> {
  if (dep.abs === live.script?.abs) {
    return { path: dep.path, hash: { name: 'md5', value: live.script.md5 }, size: BigInt(live.script.size) };
  }
  const brought = restored.get(dep.abs);
  if (brought !== undefined) {
    return brought;
  }
  // Something in a folder that a restore would bring, or a folder around it: what it would hold is known only afterwards.
  if ([...restored.keys()].some(abs => abs.startsWith(dep.abs + sep) || dep.abs.startsWith(abs + sep))) {
    return null;
  }
  const facts = await hashOut(project, dep.abs);
  return facts === null ? null : { path: dep.path, hash: facts.hash };
}
