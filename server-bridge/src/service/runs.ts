import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { readTextIfSync } from '../io/files.js';
import { CellarError } from '../protocol/errors.js';
import type { Job, JobEvent } from '../protocol/job.js';
import type { Plan } from '../protocol/state.js';
import type { RunMode } from '../protocol/wire.js';
import { compile } from '../notebook/compile.js';
import type { CompileOptions, CompileResult } from '../notebook/compile.js';
import { RUNNER } from '../notebook/names.js';
import { addressOf, isDataSource } from '../pipeline/stage.js';
import type { Stage } from '../pipeline/stage.js';
import { kernelInterpreter, localProgram } from '../run/interpreter.js';
import { withProjectLock } from '../workspace/lock.js';
import type { Project } from '../workspace/project.js';
import { insideProject } from './contents-path.js';
import type { Document } from './documents.js';
import { gitFacts } from './git-facts.js';
import { createJob } from './job-log.js';
import { blockMaps, liveStages } from './live-stages.js';
import { mendRenames } from './locked.js';
import { isNotebookStage } from './notebook-executor.js';
import { runNotebook } from './notebook-run.js';
import { acts, makePlan } from './planning.js';
import type { ActiveRun, ProjectSession } from './project-session.js';
import { isPublishedRunner, shippedRunner } from './shipped.js';
import type { LiveStage } from './stage-states.js';

export interface RunQuestion {
  /** The notebook: of a tab, or read from its file. */
  document: Document;
  mode: RunMode;
  /** The stage that `to`, `only` and `force` are about. */
  stage: string | null;
  /** Overrides the kernel's interpreter (`--python`). */
  python?: string;
  /** Independent stages at the same time; default: half of the cores, at least one. */
  jobs?: number;
}

export interface RunHost {
  session: ProjectSession;
  /** The server's Python, for kernelspecs; undefined on the command line. */
  serverPython: string | undefined;
  listener: (job: string, notebook: string | null, event: JobEvent) => void;
  onActivity: () => void;
}

/** What compile and plan found, and the way to go on. */
export interface PreparedRun {
  compiled: CompileResult;
  plan: Plan;
  /** Starts the run as a job and returns at once; `session.active.ended` resolves at its end. */
  start(host: RunHost): Promise<Job>;
}

/** Compiles the notebook in memory to disk (N12). A trusted project stays so: the edit was made here (N64). */
export async function compileDocument(
  session: ProjectSession,
  document: Document,
  options: Pick<CompileOptions, 'check' | 'take' | 'keep' | 'write' | 'signal'> = {}
): Promise<CompileResult> {
  const project = await session.project();
  if (options.check !== true && (await mendRenames(project, { signal: options.signal }))) {
    session.invalidate();
  }
  const keep = await session.holdTrust();
  const text = { cells: document.cells, metadata: document.metadata };
  const compiled = await compile(project, insideProject(project.root, document.abs), text, {
    runner: shippedRunner(),
    exclusively: work => withProjectLock(project, { signal: options.signal }, work),
    language: document.kernel.language,
    ...options
  });
  if (options.check === true) {
    return compiled;
  }
  if (compiled.changes.length > 0) {
    await keep();
    session.invalidate();
  }
  await stageInGit(session, compiled);
  return compiled;
}

/** With `core.autostage`, what compile wrote goes into the index, and what of notebooks' stages is not in it yet (N11). */
async function stageInGit(session: ProjectSession, compiled: CompileResult): Promise<void> {
  const project = await session.project();
  if (project.git === null || !project.config.flag('core', 'autostage')) {
    return;
  }
  const { stages } = await session.stages();
  const { unadded } = await gitFacts(project, stages);
  const written = compiled.changes.filter(change => change.change === 'write').map(each => each.path);
  const paths = [...new Set([...written, ...unadded])].map(path => join(project.root, path));
  const ignored = await project.git.ignoredAmong(paths);
  const wanted = paths.filter(path => !ignored.has(path));
  if (wanted.length > 0) {
    await project.git.add(wanted);
    session.invalidate();
  }
}

/** Compiles, and makes the plan of what a run would do: by the files as they are now, not as last heard of (N51). */
export async function prepareRun(session: ProjectSession, question: RunQuestion): Promise<PreparedRun> {
  session.forget();
  const project = await session.project();
  const compiled = await compileDocument(session, question.document);
  const { stages, errors } = await session.stages();
  // No run begins while a stage file cannot be read, whether one of these stages needs it or not: as with `dvc`.
  if (errors[0] !== undefined) {
    throw errors[0];
  }
  const live = liveStages({ abs: question.document.abs, root: project.root, analysis: compiled.analysis }, stages);
  const { mode, stage } = question;
  const plan = await makePlan(session, { abs: question.document.abs, mode, stage, live, stages });
  return { compiled, plan, start: host => start(host, question, { compiled, plan, live, stages }) };
}

interface Ready {
  compiled: CompileResult;
  plan: Plan;
  live: readonly LiveStage[];
  stages: readonly Stage[];
}

async function start(host: RunHost, question: RunQuestion, ready: Ready): Promise<Job> {
  const { session } = host;
  // Nothing is awaited between this question and the answer below: two tabs may press at the same moment.
  const project = await session.project();
  if (session.active !== null) {
    throw new CellarError('E_RUN_GOING_ON', 'Stages of this project are already being reproduced.', {
      next: 'Wait for the end of that run, or stop it.',
      data: { job: session.active.log.job.id }
    });
  }
  refuseForeignRunners(project.root, ready);
  const log = createJob(project.tmpDir, 'reproduce', insideProject(project.root, question.document.abs));
  log.listen(event => host.listener(log.job.id, log.job.notebook, event));
  const over = Promise.withResolvers<void>();
  const active = {
    log,
    stop: new AbortController(),
    queued: queuedBy(project.root, ready),
    running: new Set<string>(),
    ended: over.promise
  };
  session.active = active;
  active.queued.forEach(id => session.failed.delete(id));
  host.onActivity();
  log.emit({ type: 'plan', items: ready.plan.items });
  session.invalidate();
  const end = (): void => {
    session.lastJob = { ...log.job };
    session.active = null;
    session.invalidate();
    host.onActivity();
    over.resolve();
  };
  void carryOut(host, question, ready, active).then(end, end);
  return { ...log.job };
}

/**
 * N47: only a runner that some Cellar published is run. Compile has put ours where it may; what is left is one that calls
 * itself newer, or stands in another notebook's folder.
 * @throws CellarError `E_RUNNER_UNKNOWN`
 */
function refuseForeignRunners(root: string, { plan, stages }: Ready): void {
  const runs = new Set(plan.items.filter(item => acts(item) && item.action !== 'restore').map(item => item.address));
  const own = stages.filter(stage => isNotebookStage(stage) && runs.has(addressOf(stage, root)));
  for (const path of new Set(own.map(stage => join(dirname(stage.file), RUNNER)))) {
    const text = readTextIfSync(path);
    if (text !== null && !isPublishedRunner(text)) {
      throw new CellarError('E_RUNNER_UNKNOWN', `'${relative(root, path)}' is no runner of a Cellar known here.`, {
        next: 'Upgrade Cellar if a newer one wrote it; otherwise look at the file, remove it, and save the notebook beside it.',
        at: { path }
      });
    }
  }
}

function queuedBy(root: string, { plan, stages }: Ready): Set<string> {
  const byAddress = new Map(stages.map(stage => [addressOf(stage, root), stage.id]));
  const acting = plan.items.filter(acts);
  return new Set(acting.flatMap(item => byAddress.get(item.address) ?? []));
}

async function carryOut(host: RunHost, question: RunQuestion, ready: Ready, active: ActiveRun): Promise<void> {
  const { session } = host;
  const { log } = active;
  let keep: (() => Promise<void>) | null = null;
  try {
    keep = await session.holdTrust();
    const { analysis } = ready.compiled;
    const project = await session.project();
    // As targets they would draw what blocks them into the run.
    const blocked = new Set(ready.plan.items.filter(item => item.action === 'blocked').map(item => item.address));
    const result = await runNotebook({
      project,
      notebook: question.document.abs,
      stages: ready.live
        .filter(each => !blocked.has(addressOf(each.stage, project.root)))
        .map(each => each.stage.name ?? ''),
      mode: question.mode,
      stage: question.stage,
      python: interpreterOf(question, host.serverPython),
      blocks: name => {
        const found = analysis.stages.find(each => each.name === name);
        return found === undefined ? [] : blockMaps(found, question.document.cells);
      },
      outs: ready.stages
        .filter(stage => !isDataSource(stage))
        .flatMap(stage => stage.outs.map(out => out.abs))
        .filter(abs => !abs.includes('/.cellar/')),
      jobs: question.jobs ?? Math.max(1, Math.floor(availableParallelism() / 2)),
      signal: active.stop.signal,
      emit: event => log.emit(event),
      queued: () => ready.stages.filter(stage => active.queued.has(stage.id)),
      onStage: (id, what) => {
        active.queued.delete(id);
        active.running.delete(id);
        if (what === 'running') {
          active.running.add(id);
        }
        session.invalidate();
      },
      onFailed: (stage, error) => {
        const live = ready.live.find(each => each.stage.id === stage.id);
        const script = live?.script?.md5 ?? null;
        session.failed.set(stage.id, { script, text: error.message, error: error.toJSON() });
      }
    }).finally(() => stageLocks(project, log));
    log.end(result.failed.length > 0 ? 'failed' : 'done', null);
  } catch (error) {
    const known = error instanceof CellarError ? error : new CellarError('E_INTERNAL', String(error), { cause: error });
    const reason: unknown = active.stop.signal.reason;
    if (known.code !== 'E_CANCELLED') {
      log.end('failed', known.toJSON());
    } else if (reason instanceof CellarError) {
      log.end('interrupted', reason.toJSON());
    } else {
      log.end('cancelled', known.toJSON());
    }
  } finally {
    await keep?.();
  }
}

/** With `core.autostage`, lock files and ignore files that the run wrote go into the index; git's refusal fails no run. */
async function stageLocks(project: Project, log: ActiveRun['log']): Promise<void> {
  try {
    await project.gitFiles.finish();
  } catch (error) {
    const text = `not added to git: ${error instanceof Error ? error.message : String(error)}`;
    log.emit({ type: 'progress', done: 0, total: null, unit: 'files', text });
  }
}

/** N48: the override, the live kernel's own interpreter, the kernelspec's program. Stages of other notebooks use the same. */
function interpreterOf(question: RunQuestion, serverPython: string | undefined): (stage: Stage) => Promise<string> {
  let found: Promise<string> | null = null;
  const { kernel } = question.document;
  return () => {
    found ??= (async () => {
      const given = question.python ?? kernel.executable;
      return given === null
        ? kernelInterpreter({ kernel: kernel.name ?? 'python3', python: serverPython })
        : localProgram(given);
    })();
    return found;
  };
}
