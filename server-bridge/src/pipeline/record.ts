import { CellarError } from '../protocol/errors.js';
import type { LockEntry, RecordedPath } from '../formats/entries.js';
import type { ValueMap } from '../formats/value.js';
import { hashNameFor, hashOut, PLAIN_OUT, type OutFacts, type WorkOptions } from '../workspace/outs.js';
import type { Project } from '../workspace/project.js';
import { shownOf } from './changes.js';
import { currentParams } from './params.js';
import type { Dep, Stage } from './stage.js';

/** What a stage reads, as it is on disk at one moment. */
export interface Inputs {
  deps: RecordedPath[];
  params: Map<string, ValueMap>;
}

/**
 * Hash deps and read params of a stage.
 * @throws `E_MISSING_DEP` naming the first dep that is not there, `E_EXTERNAL_DEP`, and what params throw
 */
export async function readInputs(project: Project, stage: Stage, options: WorkOptions = {}): Promise<Inputs> {
  const params = new Map(stage.params.map(dep => [dep.path, currentParams(dep, shownOf(project, dep))]));
  const deps: RecordedPath[] = [];
  for (const dep of stage.deps) {
    deps.push(recordedOf(dep.path, await hashDep(project, dep, options), dep.recorded));
  }
  return { deps, params };
}

async function hashDep(project: Project, dep: Dep, options: WorkOptions): Promise<OutFacts> {
  const shown = shownOf(project, dep);
  if (dep.external) {
    throw new CellarError('E_EXTERNAL_DEP', `dependency '${dep.path}' is not on this machine and cannot be read.`, {
      next: 'Import the data into the project, and let the stage read the imported file.',
      data: { path: dep.path }
    });
  }
  const name = await hashNameFor(project, { abs: dep.abs, flags: PLAIN_OUT, recorded: dep.recorded }, options);
  const found = await hashOut(project, dep.abs, { ...options, name });
  if (found === null) {
    throw new CellarError('E_MISSING_DEP', `dependency '${shown}' does not exist`, {
      next: `Bring '${shown}' back (\`cellar checkout\`), make it, or take it out of the stage's deps; where a notebook names it but can do without, exclude it in the stage's chip (\`ignore\` in the tag).`,
      at: { path: dep.abs }
    });
  }
  return { hash: found.hash, ...found.meta };
}

/** An entry of the lock from facts. What we do not interpret of an old entry with the same hash is kept. */
export function recordedOf(path: string, facts: OutFacts, before?: RecordedPath): RecordedPath {
  const { hash, size, nfiles, isexec } = facts;
  const same = before?.hash?.name === hash.name && before.hash.value === hash.value;
  return { path, hash, size, nfiles, isexec, ...(same && before.extra ? { extra: before.extra } : {}) };
}

/** The lock entry of a stage; without `outs` the paths alone, as a run-cache key needs them. */
export function entryOf(stage: Stage, inputs: Inputs, outs?: RecordedPath[]): LockEntry {
  return {
    cmd: stage.cmd ?? '',
    deps: inputs.deps,
    params: inputs.params,
    outs: outs ?? stage.outs.map(out => ({ path: out.path }))
  };
}

/** The dep whose content is not what it was, by the name that the lock gives it; null when none changed. */
export function changedInput(before: Inputs, after: Inputs): string | null {
  const old = new Map(before.deps.map(dep => [dep.path, dep.hash?.value]));
  const dep = after.deps.find(each => old.get(each.path) !== each.hash?.value);
  return dep?.path ?? null;
}
