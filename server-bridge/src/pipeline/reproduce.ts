import { CellarError } from '../protocol/errors.js';
import type { Project } from '../workspace/project.js';
import type { OnEvent } from './events.js';
import { cancelledError, shellExecutor, type Executor } from './executor.js';
import { buildGraph, type Graph } from './graph.js';
import { sweepLitter } from './litter.js';
import { loadStages } from './load.js';
import { allDependents, orderOf } from './order.js';
import { recoverRuns, type Recovered } from './recover.js';
import { decide, reproduceStage } from './reproduce-stage.js';
import { schedule } from './schedule.js';
import { addressOf, type Stage } from './stage.js';
import { findTargets } from './targets.js';
import { takeTurns, type Turn } from './turn.js';
import { graphOptions } from './graph-options.js';

export interface ReproduceOptions {
  /** Targets in DVC's forms; none means `dvc.yaml` of the current directory. */
  targets?: readonly string[];
  force?: boolean;
  /** Stages to run although the lock says that nothing changed; asked when a stage's turn comes. */
  mustRun?: (stage: Stage) => Promise<boolean>;
  /** Does the run of a stage go into the run cache? Asked after it; default: always. */
  keepsRun?: (stage: Stage) => boolean;
  /** `-s`: the targets alone, without what they depend on. */
  single?: boolean;
  /** `-p`: the whole pipelines of the targets. */
  pipeline?: boolean;
  /** `-P`: everything; targets are not looked at. */
  allPipelines?: boolean;
  recursive?: boolean;
  glob?: boolean;
  downstream?: boolean;
  forceDownstream?: boolean;
  dry?: boolean;
  /** `-k`: go on with what does not depend on a stage that failed. */
  keepGoing?: boolean;
  /** `--ignore-errors`: go on with everything. */
  ignoreErrors?: boolean;
  /** `--no-run-cache` is false. */
  runCache?: boolean;
  /** `--no-commit` is false. */
  commit?: boolean;
  allowMissing?: boolean;
  /** `-i`: asked before a stage is reproduced; no ends the whole run. */
  confirm?: (stage: Stage) => Promise<boolean>;
  /** Independent stages at the same time; default 1, in DVC's order. */
  jobs?: number;
  executor?: Executor;
  env?: NodeJS.ProcessEnv;
  /** Folder that goes first on PATH of stages (`run/python-shim.ts`). */
  first?: string;
  signal?: AbortSignal;
  /** Milliseconds to wait for the project at the start; null as long as it takes. */
  wait?: number | null;
  onEvent?: OnEvent;
  onRecovered?: (recovered: Recovered) => void;
}

export interface ReproduceResult {
  /** Stages that ran, were restored or were verified, in the order in which they ended. */
  done: Stage[];
  failed: { stage: Stage; error: CellarError }[];
  /** Stages left out because one above them failed. */
  notRun: Stage[];
}

/**
 * `repro`: bring stages up to date in dependency order (spec/dvc-pipelines.md §5).
 * @throws `E_REPRODUCE` (255) naming the stages that failed, unless `ignoreErrors`; before anything runs what loading,
 * targets and graph throw; `E_CANCELLED`
 */
export async function reproduce(project: Project, options: ReproduceOptions = {}): Promise<ReproduceResult> {
  const onEvent: OnEvent = options.onEvent ?? (() => undefined);
  const turn = takeTurns(project, {
    signal: options.signal,
    wait: options.wait,
    onWait: holder => onEvent({ type: 'waiting', stage: null, holder })
  });
  const { stages, graph } = await turn(async () => {
    (await recoverRuns(project)).forEach(each => options.onRecovered?.(each));
    const selected = await select(project, options);
    return { ...selected, stages: await skipFirst(project, selected, { ...options, onEvent }) };
  });
  const result: ReproduceResult = { done: [], failed: [], notRun: [] };
  const work = stageWork(project, turn, graph, stages, { ...options, onEvent }, result);
  await schedule(stages, {
    jobs: options.dry ? 1 : Math.max(1, options.jobs ?? 1),
    after: stage => (graph === null || stage.frozen ? [] : (graph.upstream.get(stage) ?? [])),
    stopped: () => options.signal?.aborted === true || (result.failed.length > 0 && !goesOn(options)),
    work
  });
  if (options.signal?.aborted) {
    throw cancelledError();
  }
  if (result.failed.length > 0 && !options.ignoreErrors) {
    throw failedError(project, result, options);
  }
  return result;
}

/** The stages to look at, in order, and the graph; with `-s` no graph is built, nor are its errors found. */
async function select(project: Project, options: ReproduceOptions): Promise<{ stages: Stage[]; graph: Graph | null }> {
  const all = await loadStages(project);
  if (!options.dry) {
    sweepLitter(all);
  }
  const whole = options.allPipelines === true;
  const targets = whole
    ? null
    : findTargets(project, all, options.targets?.length ? options.targets : ['dvc.yaml'], options);
  if (options.single && targets !== null && !options.pipeline) {
    return { stages: targets, graph: null };
  }
  const graph = buildGraph(all, graphOptions(project));
  // Targets without a stage (a dvc.yaml of artifacts, metrics and plots alone) stand for the whole graph, as in DVC.
  const { pipeline, downstream } = options;
  return { stages: orderOf(graph, targets, { pipeline, downstream: downstream && !pipeline }), graph };
}

/** Most runs find most stages unchanged: those up to the first changed one are passed in one turn. Gives the others. */
async function skipFirst(
  project: Project,
  { stages, graph }: { stages: Stage[]; graph: Graph | null },
  options: WorkOptions
): Promise<Stage[]> {
  let passed = 0;
  for (const stage of options.force ? [] : stages) {
    const upstream = graph?.upstream.get(stage) ?? [];
    const known = { dry: options.dry === true, allowMissing: options.allowMissing === true, upstream };
    // A frozen stage has more to say; a stage that cannot be decided fails in its own place.
    const changed =
      stage.frozen ||
      (await options.mustRun?.(stage)) === true ||
      (await decide(project, stage, { ...known, signal: options.signal }).catch(() => true));
    if (changed) {
      break;
    }
    options.onEvent({ type: 'stage-skip', stage });
    passed += 1;
  }
  return stages.slice(passed);
}

function goesOn(options: ReproduceOptions): boolean {
  return options.keepGoing === true || options.ignoreErrors === true;
}

type WorkOptions = ReproduceOptions & { onEvent: OnEvent };

function stageWork(
  project: Project,
  turn: Turn,
  graph: Graph | null,
  stages: readonly Stage[],
  options: WorkOptions,
  result: ReproduceResult
): (stage: Stage) => Promise<void> {
  const forced = new Set<Stage>(options.force ? stages : []);
  const left = new Map<Stage, Stage>();
  const executor = options.executor ?? shellExecutor({ inherit: false });
  return async stage => {
    const because = left.get(stage);
    if (because !== undefined) {
      result.notRun.push(stage);
      options.onEvent({ type: 'stage-not-run', stage, because });
      return;
    }
    try {
      const how = await reproduceStage(project, stage, turn, {
        force: forced.has(stage) || (options.dry !== true && (await options.mustRun?.(stage)) === true),
        dry: options.dry === true,
        runCache: options.runCache !== false,
        keepsRun: options.keepsRun ?? (() => true),
        commit: options.commit !== false,
        allowMissing: options.allowMissing === true,
        upstream: graph?.upstream.get(stage) ?? [],
        confirm: options.confirm,
        executor,
        env: options.env ?? process.env,
        first: options.first,
        signal: options.signal,
        onEvent: options.onEvent
      });
      if (options.forceDownstream && graph && (how !== 'skipped' || forced.has(stage))) {
        graph.downstream.get(stage)?.forEach(each => forced.add(each));
      }
      if (how !== 'skipped') {
        result.done.push(stage);
      }
    } catch (cause) {
      const error = asCellarError(cause);
      result.failed.push({ stage, error });
      options.onEvent({ type: 'stage-failed', stage, error });
      if (graph && !options.ignoreErrors) {
        allDependents(graph, stage).forEach(each => left.has(each) || left.set(each, stage));
      }
    }
  };
}

function asCellarError(error: unknown): CellarError {
  if (error instanceof CellarError) {
    return error;
  }
  const text = error instanceof Error ? error.message : String(error);
  return new CellarError('E_INTERNAL', `unexpected error - ${text}`, { cause: error });
}

/** DVC's sentence: with `-k` the stages alone, each failure having been said when it happened. */
function failedError(project: Project, { failed }: ReproduceResult, options: ReproduceOptions): CellarError {
  const names = failed.map(({ stage }) => `'${addressOf(stage, project.cwd)}'`);
  const joined = names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names[0];
  const head = `failed to reproduce${names.length > 1 ? ' stages:' : ''} ${joined}`;
  const first = failed[0]?.error;
  return new CellarError('E_REPRODUCE', options.keepGoing || !first ? head : `${head}: ${first.message}`, {
    exit: 255,
    next: first?.next,
    at: first?.at,
    data: { stages: failed.map(({ stage }) => stage.id), code: first?.code },
    cause: first
  });
}
