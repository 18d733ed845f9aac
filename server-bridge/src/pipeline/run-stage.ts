import { join } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import type { LockEntry, RecordedPath } from '../formats/entries.js';
import { pyEqual } from '../formats/params.js';
import type { Release } from '../io/flock.js';
import { acquireRwLock } from '../io/rwlock.js';
import { stageEnvironment } from '../run/environment.js';
import type { Project } from '../workspace/project.js';
import type { OnEvent } from './events.js';
import { cancelledError, type Executor } from './executor.js';
import { checkMade, checkOuts, saveOuts } from './outputs.js';
import { changedInput, entryOf, readInputs, type Inputs } from './record.js';
import { placeRun, unprotectKept } from './restore.js';
import { checkedKey, findRun, isEligible, outsCached, saveRun, savesRuns } from './runcache.js';
import { openRunJournal, type RunJournal } from './run-journal.js';
import { dropSpare, putBack, setAside, spareOuts } from './set-aside.js';
import { addressOf, commandChanged, type Stage } from './stage.js';
import type { Turn } from './turn.js';
import { writeLock } from './lock-files.js';

export interface RunOptions {
  /** Never look for an old result. */
  force: boolean;
  /** Look into the run cache; false: only a state equal to the lock is brought back (`--no-run-cache`). */
  runCache: boolean;
  keepsRun: (stage: Stage) => boolean;
  /** Store the outs (`--no-commit` is false). */
  commit: boolean;
  executor: Executor;
  /** Environment that stages start from, and the folder of a chosen `python` (N48). */
  env: NodeJS.ProcessEnv;
  first?: string;
  signal?: AbortSignal;
  onEvent: OnEvent;
}

/** A stage between the two turns of its run. */
interface Running {
  inputs: Inputs;
  journal: RunJournal;
  release: Release;
}

/**
 * Bring the result of a command stage about: from the run cache, or by running it. Nothing is moved before all that can
 * be known has been checked; a run that fails or is cancelled puts the old outs back (I3, N54).
 */
export async function runStage(
  project: Project,
  stage: Stage,
  turn: Turn,
  options: RunOptions
): Promise<'ran' | 'restored'> {
  const running = await turn(() => begin(project, stage, options));
  if (running === 'restored') {
    return running;
  }
  let failure: unknown = null;
  try {
    options.onEvent({ type: 'stage-run', stage });
    await options.executor(stage, {
      cwd: stage.wdir,
      env: stageEnvironment({
        base: options.env,
        root: project.root,
        address: addressOf(stage, project.cwd),
        first: options.first
      }),
      signal: options.signal,
      onEvent: options.onEvent,
      onStart: pid => running.journal.setGroup(pid)
    });
    if (options.signal?.aborted) {
      throw cancelledError();
    }
  } catch (error) {
    failure = error;
  }
  await turn(() => (failure === null ? finish(project, stage, running, options) : undo(project, running, failure)), {
    patient: true
  });
  return 'ran';
}

async function begin(project: Project, stage: Stage, options: RunOptions): Promise<Running | 'restored'> {
  const release = await registerPaths(project, stage, options.signal);
  try {
    await checkOuts(project, stage);
    const inputs = await readInputs(project, stage, { signal: options.signal });
    checkedKey(entryOf(stage, inputs));
    const found = options.force ? null : await findResult(project, stage, inputs, options);
    if (found !== null) {
      options.onEvent({ type: 'stage-restore', stage });
      await placeRun(project, stage, found, options.signal);
      record(project, stage, inputs, found.outs, options);
      await release();
      return 'restored';
    }
    await unprotectKept(project, stage, options.signal);
    const spare = await spareOuts(project, stage);
    if (options.signal?.aborted) {
      throw cancelledError();
    }
    const journal = openRunJournal(project, stage);
    try {
      setAside(project, stage, journal.aside, spare);
    } catch (error) {
      putBack(project, journal.aside);
      journal.close();
      throw error;
    }
    return { inputs, journal, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** A known result: the lock's own, when command, deps and params are as it says; else the newest run of that key. */
export async function findResult(
  project: Project,
  stage: Stage,
  inputs: Inputs,
  { runCache, onEvent }: RunOptions
): Promise<LockEntry | null> {
  if (!isEligible(project, stage)) {
    return null;
  }
  const own = ownEntry(stage, inputs);
  if (own !== null) {
    return (await outsCached(project, own)) ? own : null;
  }
  return runCache ? findRun(project, entryOf(stage, inputs), text => onEvent({ type: 'warning', text, stage })) : null;
}

/** The lock entry with the outs that the stage has now, if nothing that it reads changed; null otherwise. */
export function ownEntry(stage: Stage, inputs: Inputs): LockEntry | null {
  if (stage.lock === null || commandChanged(stage) || changedInput(recordedInputs(stage), inputs) !== null) {
    return null;
  }
  const sameParams = stage.params.every(dep => {
    const now = inputs.params.get(dep.path);
    return now !== undefined && dep.recorded !== null && pyEqual(now, dep.recorded);
  });
  const outs = stage.outs.flatMap(out => (out.recorded?.hash ? [out.recorded] : []));
  return sameParams && outs.length === stage.outs.length ? entryOf(stage, inputs, outs) : null;
}

function recordedInputs(stage: Stage): Inputs {
  return { deps: stage.deps.flatMap(dep => (dep.recorded ? [dep.recorded] : [])), params: new Map() };
}

async function finish(project: Project, stage: Stage, running: Running, options: RunOptions): Promise<void> {
  const { inputs, journal, release } = running;
  try {
    options.onEvent({ type: 'stage-save', stage });
    await refuseChanged(project, stage, running, options);
    checkMade(project, stage);
    const outs = await saveOuts(project, stage, {
      commit: options.commit,
      storeUncached: options.commit && savesRuns(project, stage),
      signal: options.signal
    });
    record(project, stage, inputs, outs, options);
    journal.recorded();
    dropSpare(project, journal.aside);
    journal.close();
  } catch (error) {
    if (error instanceof CellarError && error.code === 'E_DEP_CHANGED') {
      dropSpare(project, journal.aside);
    } else {
      putBack(project, journal.aside);
    }
    journal.close();
    throw error;
  } finally {
    await release();
  }
}

/** I18: an entry describes one run. What the command read must be what is there now, else nobody knows what it used. */
async function refuseChanged(
  project: Project,
  stage: Stage,
  { inputs, journal }: Running,
  { signal }: RunOptions
): Promise<void> {
  const changed = changedInput(inputs, await readInputs(project, stage, { signal }));
  if (changed !== null) {
    throw new CellarError(
      'E_DEP_CHANGED',
      `dependency '${changed}' changed while ${addressOf(stage, project.cwd)} was running; its result is not recorded.`,
      {
        next: 'Reproduce again. If the stage itself writes this file, let it write another one.',
        at: { path: join(stage.wdir, changed), stage: stage.name ?? stage.id },
        data: { path: changed, trash: journal.aside.kept }
      }
    );
  }
}

async function undo(project: Project, { journal, release }: Running, failure: unknown): Promise<never> {
  try {
    putBack(project, journal.aside);
    journal.close();
  } finally {
    await release();
  }
  throw failure;
}

/** Lock entry and run-cache entry; the objects that they name are durable already (I5). */
function record(
  project: Project,
  stage: Stage,
  inputs: Inputs,
  outs: RecordedPath[],
  { commit, keepsRun, onEvent }: RunOptions
): void {
  const entry = entryOf(stage, inputs, outs);
  if (commit && savesRuns(project, stage) && keepsRun(stage)) {
    saveRun(project, entry);
  }
  writeLock(project, stage, entry, onEvent);
}

/** Keep `dvc` and other commands away from what the stage reads and writes while it runs (spec/dvc-pipelines.md §5.8). */
export function registerPaths(project: Project, stage: Stage, signal?: AbortSignal): Promise<Release> {
  return acquireRwLock(project.tmpDir, {
    cmd: process.argv.slice(1).join(' '),
    read: [...stage.deps.filter(dep => !dep.external), ...stage.params].map(dep => dep.abs),
    write: stage.outs.map(out => out.abs),
    signal,
    hardlink: project.config.flag('core', 'hardlink_lock')
  });
}
