import type { RecordedPath } from '../formats/entries.js';
import { pythonJson } from '../formats/pythonjson.js';
import { pyEqual } from '../formats/params.js';
import type { Value } from '../formats/value.js';
import { sep } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import type { Project } from '../workspace/project.js';
import { stageChanges } from '../pipeline/changes.js';
import type { StageChanges } from '../pipeline/changes.js';
import { isCallback } from '../pipeline/stage.js';
import type { Dep, Stage } from '../pipeline/stage.js';
import type { Mark, Reason, StageState } from '../protocol/state.js';
import { readHistory } from './history.js';
import { located } from './lost-outs.js';
import { cachedRun, sizeOf } from './restorable.js';
import { changedReads } from './undeclared-reads.js';

/** A stage as it is now: of a notebook in memory, or as the files say. */
export interface LiveStage {
  stage: Stage;
  /** For a stage of a notebook in memory: its script and what it would be recorded as. Null for all others. */
  script: { abs: string; md5: string; size: number } | null;
  /** Values of params as the notebook would mirror them, by file and key; they win over the file's. */
  params: ReadonlyMap<string, Value>;
  /** Why it cannot be compiled; null when it can. */
  blocked: string | null;
  /** Reasons for a changed script, found by comparing with the recorded one. */
  explainScript: () => Reason[];
  /** From the stage's recorded output (N45). */
  undeclared: boolean;
}

/** What runs and ran, by stage id. */
export interface RunFacts {
  queued: ReadonlySet<string>;
  running: ReadonlySet<string>;
  /** Stage id → script md5 and words of the failure; holds until the script or an input changes. */
  failed: ReadonlyMap<string, { script: string | null; text: string }>;
}

export interface ComputedState {
  state: StageState;
  /** Bytes that the restore of an *available* stage brings; null for all others, and where a size is not recorded. */
  bytes: number | null;
  marks: Mark[];
  reasons: Reason[];
  /** What kept the state from being known, here or above: a file that says nothing sensible. */
  error: CellarError | null;
}

/**
 * Differences between a stage and its lock, kept between keystrokes: they are read from disk again only when the watcher or
 * an action of ours says so, or when the stage's own entry changed (N51).
 */
export type ChangesCache = Map<string, { key: string; changes: Promise<SeenChanges> }>;

interface SeenChanges extends StageChanges {
  /** Paths in the project that the recorded result read undeclared, and that changed since (N28). */
  reads: string[];
}

/**
 * States of stages given in an order in which producers come first (N49). `fresh` means: the entry equals the lock and so
 * does everything above it.
 */
export async function computeStates(
  project: Project,
  stages: readonly LiveStage[],
  runs: RunFacts,
  cache: ChangesCache
): Promise<Map<string, ComputedState>> {
  const states = new Map<string, ComputedState>();
  const restored = new Map<string, RecordedPath>();
  const producers = producersIn(stages);
  for (const live of stages) {
    states.set(live.stage.id, await knownState(project, live, { states, restored, producers, runs, cache }));
  }
  return states;
}

/** A stage whose own files cannot be asked is blocked by what they say; the others keep their states. */
async function knownState(project: Project, live: LiveStage, context: Context): Promise<ComputedState> {
  try {
    return await computeOne(project, live, context);
  } catch (error) {
    if (!(error instanceof CellarError)) {
      throw error;
    }
    const reasons: Reason[] = [{ kind: 'problem', text: error.message }];
    return { state: 'blocked', bytes: null, marks: [], reasons, error: located(error, live.stage) };
  }
}

function producersIn(stages: readonly LiveStage[]): (abs: string) => string[] {
  const made = stages.flatMap(({ stage }) => stage.outs.map(out => ({ abs: out.abs, id: stage.id })));
  const exact = new Map(made.map(each => [each.abs, each.id]));
  return abs => {
    const one = exact.get(abs);
    if (one !== undefined) {
      return [one];
    }
    const near = made.filter(each => each.abs.startsWith(abs + sep) || abs.startsWith(each.abs + sep));
    return [...new Set(near.map(each => each.id))];
  };
}

interface Context {
  states: ReadonlyMap<string, ComputedState>;
  /** Outs that a restore above would bring, by absolute path. */
  restored: Map<string, RecordedPath>;
  /** Ids of the stages that make a path, something in it, or a folder that it is in (spec/dvc-pipelines.md §4.1). */
  producers: (abs: string) => string[];
  runs: RunFacts;
  cache: ChangesCache;
}

async function computeOne(project: Project, live: LiveStage, context: Context): Promise<ComputedState> {
  const { stage } = live;
  const marks: Mark[] = [];
  if (live.undeclared) {
    marks.push('undeclared reads');
  }
  if (stage.frozen) {
    marks.push('frozen');
  }
  if (stage.alwaysChanged || isCallback(stage)) {
    marks.push('always');
  }
  let error: CellarError | null = null;
  const done = (state: StageState, reasons: Reason[], bytes: number | null = null): ComputedState => ({
    state,
    bytes,
    marks,
    reasons,
    error
  });
  if (context.runs.running.has(stage.id)) {
    return done('running', []);
  }
  if (live.blocked !== null) {
    return done('blocked', [{ kind: 'problem', text: live.blocked }]);
  }
  if (context.runs.queued.has(stage.id)) {
    return done('queued', []);
  }
  const above = upstreamReasons(live, context);
  error = above.error;
  if (above.blocked) {
    return done('blocked', above.reasons);
  }
  const { reasons: own, reads } = await ownReasons(project, live, context, above.names);
  const failure = context.runs.failed.get(stage.id);
  if (failure !== undefined && own.length > 0 && failure.script === (live.script?.md5 ?? null)) {
    return done('failed', [{ kind: 'problem', text: failure.text }, ...own]);
  }
  if (own.length === 0) {
    return above.reasons.length > 0 ? done('pending', above.reasons) : done('fresh', []);
  }
  // A restore would bring what was made with the undeclared file as it was.
  if (above.restorable && reads.length === 0) {
    const run = await cachedRun(project, live, context.restored);
    if (run !== null) {
      for (const out of run.outs) {
        const made = stage.outs.find(each => each.path === out.path);
        if (made !== undefined) {
          context.restored.set(made.abs, out);
        }
      }
      return done('available', own, sizeOf(run));
    }
  }
  return done('stale', [...own, ...above.reasons]);
}

/**
 * What is not fresh right above. `restorable`: everything there is fresh or available, so our inputs are known; `blocked`:
 * something there cannot be brought about, so neither can we.
 */
function upstreamReasons(
  live: LiveStage,
  context: Context
): {
  reasons: Reason[];
  names: ReadonlySet<string>;
  restorable: boolean;
  blocked: boolean;
  error: CellarError | null;
} {
  const reasons: Reason[] = [];
  let error: CellarError | null = null;
  const names = new Set<string>();
  let restorable = true;
  let blocked = false;
  for (const producer of live.stage.frozen ? [] : live.stage.deps.flatMap(dep => context.producers(dep.abs))) {
    const state = context.states.get(producer);
    if (state === undefined || state.state === 'fresh' || names.has(producer)) {
      continue;
    }
    names.add(producer);
    error ??= state.error;
    blocked ||= state.state === 'blocked';
    restorable &&= state.state === 'available';
    const name = producer.slice(producer.lastIndexOf(':') + 1);
    reasons.push({ kind: 'upstream', text: `\`${name}\` is ${state.state}`, stage: name });
  }
  return { reasons, names, restorable, blocked, error };
}

async function ownReasons(
  project: Project,
  live: LiveStage,
  context: Context,
  unfresh: ReadonlySet<string>
): Promise<{ reasons: Reason[]; reads: string[] }> {
  const { stage } = live;
  if (stage.lock === null && stage.kind === 'pipeline') {
    return { reasons: [{ kind: 'never-run', text: 'never run' }], reads: [] };
  }
  const changes = await cachedChanges(project, stage, context.cache);
  const reasons: Reason[] = [];
  if (changes.command) {
    reasons.push({ kind: 'command', text: 'the command changed' });
  }
  const script = live.script;
  const recorded = script === null ? undefined : stage.deps.find(dep => dep.abs === script.abs)?.recorded?.hash?.value;
  if (script !== null && recorded !== script.md5) {
    reasons.push(...live.explainScript());
  }
  for (const { dep, status } of changes.deps) {
    const excused = context.producers(dep.abs).some(id => unfresh.has(id));
    if (dep.abs !== script?.abs && !excused) {
      reasons.push(depReason(dep, status));
    }
  }
  for (const path of changes.reads) {
    reasons.push({ kind: 'dep', text: `\`${path}\` changed (read undeclared)`, path });
  }
  reasons.push(...paramReasons(live, changes));
  for (const { out, status } of changes.outs) {
    const what =
      status === 'deleted' ? 'is missing' : status === 'not in cache' ? 'is not in the cache' : 'was changed';
    reasons.push({ kind: 'out', text: `output \`${out.path}\` ${what}`, path: out.path });
  }
  if (changes.always) {
    reasons.push({ kind: 'always', text: 'runs always' });
  }
  return { reasons, reads: changes.reads };
}

function depReason(dep: Dep, status: string): Reason {
  const word = status === 'deleted' ? 'is missing' : dep.recorded === undefined ? 'is a new input' : 'changed';
  return { kind: 'dep', text: `\`${dep.path}\` ${word}`, path: dep.path };
}

/** Params of a notebook's stage are compared as the notebook would mirror them, others as the file says. */
function paramReasons(live: LiveStage, changes: StageChanges): Reason[] {
  const reasons: Reason[] = [];
  for (const dep of live.stage.params) {
    const found = changes.params.find(each => each.dep.path === dep.path);
    for (const key of dep.keys) {
      const before = dep.recorded === null ? undefined : dep.recorded.get(key);
      const mirrored = live.params.get(key);
      const fromFile = typeof found?.status === 'object' && found.status.has(key);
      const differs =
        mirrored !== undefined
          ? before === undefined || !pyEqual(mirrored, before)
          : fromFile || typeof found?.status === 'string';
      if (differs) {
        const words =
          before === undefined
            ? 'is new'
            : mirrored === undefined
              ? 'changed'
              : `${shown(before)} → ${shown(mirrored)}`;
        reasons.push({ kind: 'param', text: `param \`${key}\` ${words}` });
      }
    }
    if (dep.keys.length === 0 && found !== undefined) {
      reasons.push({ kind: 'param', text: `\`${dep.path}\` changed`, path: dep.path });
    }
  }
  return reasons;
}

function shown(value: Value): string {
  const text = pythonJson(value, { sortKeys: false });
  return text.length > 40 ? text.slice(0, 39) + '…' : text;
}

function cachedChanges(project: Project, stage: Stage, cache: ChangesCache): Promise<SeenChanges> {
  const key = JSON.stringify([
    stage.cmd,
    stage.deps.map(dep => [dep.path, dep.recorded?.hash?.value]),
    stage.outs.map(out => [out.path, out.recorded?.hash?.value, out.flags.cache]),
    stage.params.map(dep => [dep.path, dep.keys])
  ]);
  const known = cache.get(stage.id);
  if (known?.key === key) {
    return known.changes;
  }
  const changes = seenChanges(project, stage);
  cache.set(stage.id, { key, changes });
  changes.catch(() => cache.delete(stage.id));
  return changes;
}

async function seenChanges(project: Project, stage: Stage): Promise<SeenChanges> {
  const changes = await stageChanges(project, stage, { deps: !stage.frozen });
  const reads = await changedReads(project, stage, readHistory(project.tmpDir)[stage.id]);
  return { ...changes, reads };
}
