import { dirname, join, relative, sep } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import type { BlockMap } from '../protocol/job.js';
import type { RunMode } from '../protocol/wire.js';
import { readTextIfSync } from '../io/files.js';
import { publishFile } from '../io/publish.js';
import { shellExecutor } from '../pipeline/executor.js';
import type { Executor } from '../pipeline/executor.js';
import type { RunEvent } from '../pipeline/events.js';
import { reproduce } from '../pipeline/reproduce.js';
import type { ReproduceResult } from '../pipeline/reproduce.js';
import { addressOf } from '../pipeline/stage.js';
import type { Stage } from '../pipeline/stage.js';
import type { Project } from '../workspace/project.js';
import { readHistory, recordRun } from './history.js';
import type { NewJobEvent } from './job-log.js';
import { notebookExecutor } from './notebook-executor.js';
import { md5Of, recordedOut } from './recorded-outputs.js';
import { changedReads, hashUndeclared, resultKey } from './undeclared-reads.js';

export interface NotebookRunRequest {
  project: Project;
  /** Absolute path of the notebook. */
  notebook: string;
  /** The notebook's own stages that can run, in order. */
  stages: readonly string[];
  mode: RunMode;
  /** The stage that `to`, `only` and `force` are about. */
  stage: string | null;
  /** Interpreter of a notebook's stages (N48). */
  python: (stage: Stage) => Promise<string>;
  /** Where the blocks of an own stage came from. */
  blocks: (stage: string) => BlockMap[];
  /** Absolute paths of what all stages of the project write, without what lies under `.cellar/`. */
  outs: readonly string[];
  jobs: number;
  signal: AbortSignal;
  emit: (event: NewJobEvent) => void;
  /** Stages that are to be brought about and have not begun. */
  queued: () => readonly Stage[];
  /** Told when stages are queued, begin and end, by id. */
  onStage: (id: string, what: 'queued' | 'running' | 'ended') => void;
  onFailed: (stage: Stage, error: CellarError) => void;
}

/** Targets and switches of `repro` for what the button asked (N53, N66). */
function question(request: NotebookRunRequest): { targets: string[]; single: boolean; force: boolean } {
  const folder = relative(request.project.cwd, dirname(request.notebook)).split(sep).join('/');
  const address = (name: string): string => (folder === '' ? name : `${folder}/dvc.yaml:${name}`);
  const { mode, stage } = request;
  if (mode === 'all') {
    return { targets: request.stages.map(address), single: false, force: false };
  }
  if (stage === null) {
    throw new CellarError('E_NO_STAGE', 'This cell is in no stage.', { next: 'Tag it, or choose a cell of a stage.' });
  }
  return { targets: [address(stage)], single: mode !== 'to', force: mode === 'force' };
}

/**
 * Brings the notebook's stages up to date and tells everything as job events (N54). A stage that fails does not stop the
 * ones that do not need it.
 * @throws `E_REPRODUCE` when stages failed, `E_CANCELLED`, and what `reproduce` throws before anything runs
 */
export async function runNotebook(request: NotebookRunRequest): Promise<ReproduceResult> {
  const { project } = request;
  const { targets, single, force } = question(request);
  if (targets.length === 0) {
    return { done: [], failed: [], notRun: [] };
  }
  const started = new Map<string, number>();
  const facts = new Map<string, Record<string, unknown>>();
  const reads = new Map<string, Record<string, string>>();
  const tell = jobEvents(request, started, { facts, reads });
  const run = notebookExecutor(
    {
      tmpDir: project.tmpDir,
      root: project.root,
      python: request.python,
      intermediate: stage => writeIntermediate(project, stage, request.outs, facts),
      onRunner: (stage, event) => {
        if (event.event === 'done') {
          facts.set(stage.id, { ...event.facts, writes: event.writes.map(path => join(stage.wdir, path)) });
        }
        request.emit({ type: 'runner', address: addressOf(stage, project.root), name: nameOf(stage), event });
      }
    },
    shellExecutor({ inherit: false })
  );
  const executor: Executor = async (stage, execution) => {
    const began = BigInt(Date.now()) * 1_000_000n;
    await run(stage, execution);
    reads.set(stage.id, await hashUndeclared(project, stage, request.outs, { began, signal: request.signal }));
  };
  // A stage is asked about before its own run here: what the history said at the start is what counts.
  const history = readHistory(project.tmpDir);
  return reproduce(project, {
    targets,
    single,
    force,
    keepGoing: true,
    mustRun: async stage => (await changedReads(project, stage, history[stage.id])).length > 0,
    // Its deps do not tell all that such a run was made from: it must not come back for the same deps.
    keepsRun: stage => Object.keys(reads.get(stage.id) ?? {}).length === 0,
    jobs: request.jobs,
    executor,
    signal: request.signal,
    wait: null,
    onEvent: tell,
    onRecovered: each =>
      request.emit({
        type: 'stage',
        address: each.stage,
        name: each.stage,
        step: 'queued',
        text: 'an interrupted run of this stage was put back'
      })
  });
}

function nameOf(stage: Stage): string {
  return stage.name ?? stage.id;
}

/** Translates events of the pipeline into those of the job. */
function jobEvents(
  request: NotebookRunRequest,
  started: Map<string, number>,
  told: { facts: Map<string, Record<string, unknown>>; reads: Map<string, Record<string, string>> }
): (event: RunEvent) => void {
  const { project, emit, onStage } = request;
  const own = join(dirname(request.notebook), 'dvc.yaml');
  const stageEvent = (
    stage: Stage,
    step: Extract<NewJobEvent, { type: 'stage' }>['step'],
    more: Partial<Extract<NewJobEvent, { type: 'stage' }>> = {}
  ): void => emit({ type: 'stage', address: addressOf(stage, project.root), name: nameOf(stage), step, ...more });
  let waiting: readonly Stage[] = [];
  return event => {
    if (event.type !== 'waiting' && waiting.length > 0) {
      waiting.forEach(stage => stageEvent(stage, 'queued'));
      waiting = [];
    }
    // A data source is checked on the way; it is no step that a person asked for. Its failure is told by the job's end.
    if ('stage' in event && event.stage?.cmd === null) {
      return;
    }
    switch (event.type) {
      case 'stage-skip':
        onStage(event.stage.id, 'ended');
        stageEvent(event.stage, 'skipped');
        break;
      case 'stage-run':
        started.set(event.stage.id, performance.now());
        onStage(event.stage.id, 'running');
        stageEvent(event.stage, 'started', {
          blocks: event.stage.file === own ? request.blocks(nameOf(event.stage)) : undefined
        });
        break;
      case 'stage-output':
        emit({
          type: 'output',
          address: addressOf(event.stage, project.root),
          stream: event.stream,
          text: event.chunk.toString('utf8')
        });
        break;
      case 'stage-save':
        stageEvent(event.stage, 'saving');
        break;
      case 'stage-done': {
        onStage(event.stage.id, 'ended');
        const since = started.get(event.stage.id);
        const seconds = since === undefined ? undefined : (performance.now() - since) / 1000;
        if (event.how === 'ran' && seconds !== undefined) {
          const made = recordedMd5(event.stage);
          const facts = told.facts.get(event.stage.id) ?? {};
          const reads = { key: resultKey(event.stage), files: told.reads.get(event.stage.id) ?? {} };
          recordRun(project.tmpDir, event.stage.id, { seconds, facts, made, reads });
        }
        stageEvent(event.stage, event.how === 'restored' ? 'restored' : 'done', { seconds });
        break;
      }
      case 'stage-failed':
        onStage(event.stage.id, 'ended');
        if (event.error.code === 'E_CANCELLED') {
          // Stopped by its user: that is no failure of the stage, which stays as out of date as it was.
          stageEvent(event.stage, 'not-run', { text: 'stopped' });
          break;
        }
        request.onFailed(event.stage, event.error);
        stageEvent(event.stage, 'failed', { error: event.error.toJSON(), text: event.error.message });
        break;
      case 'stage-not-run':
        onStage(event.stage.id, 'ended');
        stageEvent(event.stage, 'not-run', { text: `\`${nameOf(event.because)}\` failed` });
        break;
      case 'waiting':
        waiting = request.queued();
        waiting.forEach(stage => stageEvent(stage, 'waiting'));
        emit({ type: 'progress', done: 0, total: null, unit: 'stages', text: `waiting for ${event.holder}` });
        break;
      case 'warning':
        emit({ type: 'progress', done: 0, total: null, unit: 'stages', text: event.text });
        break;
      case 'stage-restore':
      case 'stage-verify':
      case 'stage-command':
      case 'file-written':
        break;
    }
  };
}

/** MD5 of the recorded output that a stage just made (N57). */
function recordedMd5(stage: Stage): string | null {
  const out = recordedOut(stage);
  const text = out === undefined ? null : readTextIfSync(out.abs);
  return text === null ? null : md5Of(text);
}

/**
 * What other stages write, for the runner: a stage that reads such a file undeclared is stopped (N28). Beside declared outs
 * these are the files that the newest runs were seen to write under names that no text shows. Absolute paths.
 */
function writeIntermediate(
  project: Project,
  stage: Stage,
  outs: readonly string[],
  facts: ReadonlyMap<string, Record<string, unknown>>
): string {
  const written = new Map(
    Object.entries(readHistory(project.tmpDir)).map(([id, entry]) => [id, writesOf(entry.facts)])
  );
  facts.forEach((found, id) => written.set(id, writesOf(found)));
  const own = new Set(written.get(stage.id));
  const others = [...written].flatMap(([id, paths]) => (id === stage.id ? [] : paths));
  const path = join(project.tmpDir, 'cellar', 'intermediate', `${md5Of(stage.id)}.json`);
  publishFile(path, JSON.stringify([...outs, ...others].filter(each => !own.has(each))), { volatile: true });
  return path;
}

function writesOf(facts: Record<string, unknown>): string[] {
  const { writes } = facts;
  return Array.isArray(writes) ? writes.filter(each => typeof each === 'string') : [];
}
