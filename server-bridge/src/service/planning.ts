import { dirname } from 'node:path';
import { lstatSync } from '../io/files.js';
import type { Plan, PlanAction, PlanItem } from '../protocol/state.js';
import type { RunMode } from '../protocol/wire.js';
import { allDependents } from '../pipeline/order.js';
import { buildGraph } from '../pipeline/graph.js';
import type { Graph } from '../pipeline/graph.js';
import { graphOptions } from '../pipeline/graph-options.js';
import { orderOf } from '../pipeline/order.js';
import { addressOf } from '../pipeline/stage.js';
import type { Stage } from '../pipeline/stage.js';
import { lockHolders } from './lock-holders.js';
import type { Holders } from './lock-holders.js';
import { expectedSeconds, readHistory } from './history.js';
import { diskStage } from './project-view.js';
import type { ProjectSession } from './project-session.js';
import { computeStates } from './stage-states.js';
import type { ComputedState, LiveStage } from './stage-states.js';

/** Longest run in seconds that starts without asking (N53). */
const SHORT = 60;

export interface PlanQuestion {
  /** Absolute path of the notebook. */
  abs: string;
  mode: RunMode;
  stage: string | null;
  /** The notebook's own stages. */
  live: readonly LiveStage[];
  /** All stages of the project, as compiled to disk. */
  stages: readonly Stage[];
}

/**
 * What Reproduce would do with every stage that it looks at: the notebook's and all that they need upstream, or the one
 * stage that is asked about (N53). Nothing is touched.
 * @throws errors of the graph (`E_CYCLE`, `E_OVERLAPPING_OUTS` …) and of what wanted stages read: no run can begin then
 */
export async function makePlan(session: ProjectSession, question: PlanQuestion): Promise<Plan> {
  const project = await session.project();
  const byId = new Map(question.live.map(each => [each.stage.id, each]));
  const all = question.stages.map(stage => byId.get(stage.id)?.stage ?? stage);
  const known = new Set(all.map(stage => stage.id));
  all.push(...question.live.map(each => each.stage).filter(stage => !known.has(stage.id)));
  const graph = buildGraph(all, graphOptions(project));
  const own = new Set(question.live.map(each => each.stage.id));
  const wanted = wantedStages(graph, question, own);
  const states = await computeStates(
    project,
    orderOf(graph, null).map(stage => byId.get(stage.id) ?? diskStage(stage)),
    { queued: new Set(), running: new Set(), failed: session.failed },
    session.changes
  );
  const unknown = wanted.flatMap(({ id }) => states.get(id)?.error ?? [])[0];
  if (unknown !== undefined) {
    throw unknown;
  }
  const history = readHistory(project.tmpDir);
  const holders = await lockHolders(project);
  const items = wanted.map(stage => {
    const state = states.get(stage.id);
    return planItem(stage, state, {
      address: addressOf(stage, project.root),
      own: own.has(stage.id),
      force: question.mode === 'force',
      expected: expectedSeconds(history[stage.id])
    });
  });
  return {
    items: items.map((item, index) => waiting(item, wanted[index], holders)),
    expected: sum(items.filter(item => item.action === 'run').map(item => item.expected)),
    downstream: downstreamElsewhere(graph, wanted, items, dirname(question.abs)).map(stage =>
      addressOf(stage, project.root)
    ),
    small: isSmall(items) && !wanted.some((stage, index) => replacesEdits(stage, items[index]))
  };
}

/** The stages to look at, producers first; data sources have nothing to run and are no rows of a plan. */
function wantedStages(graph: Graph, question: PlanQuestion, own: ReadonlySet<string>): Stage[] {
  const mine = graph.stages.filter(stage => own.has(stage.id));
  const named = mine.filter(stage => stage.name === question.stage);
  const targets = question.mode === 'all' ? mine : named;
  if (targets.length === 0 || question.mode === 'only' || question.mode === 'force') {
    return targets;
  }
  return orderOf(graph, targets).filter(stage => stage.cmd !== null);
}

function planItem(
  stage: Stage,
  state: ComputedState | undefined,
  more: { address: string; own: boolean; force: boolean; expected: number | null }
): PlanItem {
  const action = actionFor(stage, state, more.force);
  return {
    address: more.address,
    name: stage.name ?? more.address,
    own: more.own,
    action,
    reasons: state?.reasons ?? [],
    expected: action === 'run' ? more.expected : null,
    bytes: state?.bytes ?? null
  };
}

/** What another process has in hand is not begun: the row says whose it is, and the run waits for it (N53). */
function waiting(item: PlanItem, stage: Stage | undefined, holders: Holders): PlanItem {
  const holder = stage === undefined || !acts(item) ? null : holders.of(stage);
  const reason = { kind: 'lock' as const, text: `waits for ${holder ?? ''}` };
  return holder === null ? item : { ...item, action: 'wait', reasons: [reason, ...item.reasons] };
}

/** Whether a stage is brought about, now or when another process has ended. */
export function acts({ action }: Pick<PlanItem, 'action'>): boolean {
  return action === 'run' || action === 'restore' || action === 'wait';
}

function actionFor(stage: Stage, state: ComputedState | undefined, force: boolean): PlanAction {
  if (state?.state === 'blocked') {
    return 'blocked';
  }
  if (stage.cmd === null || (stage.frozen && !force)) {
    return 'skip';
  }
  if (force) {
    return 'run';
  }
  switch (state?.state) {
    case 'fresh':
      return 'skip';
    case 'available':
      return 'restore';
    default:
      return 'run';
  }
}

function sum(values: (number | null)[]): number | null {
  return values.some(value => value === null) ? null : values.reduce<number>((total, value) => total + (value ?? 0), 0);
}

/** Short as far as history knows (no history counts as short), and nothing blocked (N53). */
function isSmall(items: readonly PlanItem[]): boolean {
  const seconds = items.reduce((total, item) => total + (item.action === 'run' ? (item.expected ?? 0) : 0), 0);
  return seconds < SHORT && items.every(item => item.action !== 'blocked');
}

/** Whether an out that is not what the lock says would be set aside: its bytes may be nowhere else (N53, I3). */
function replacesEdits(stage: Stage, item: PlanItem | undefined): boolean {
  const differing = new Set(item?.reasons.flatMap(({ kind, path }) => (kind === 'out' ? [path] : [])));
  return (
    item !== undefined && acts(item) && stage.outs.some(out => differing.has(out.path) && lstatSync(out.abs) !== null)
  );
}

function downstreamElsewhere(
  graph: Graph,
  wanted: readonly Stage[],
  items: readonly PlanItem[],
  folder: string
): Stage[] {
  const inPlan = new Set(wanted);
  const found = new Set<Stage>();
  wanted.forEach((stage, index) => {
    const item = items[index];
    if (item !== undefined && acts(item)) {
      for (const dependent of allDependents(graph, stage)) {
        if (!inPlan.has(dependent) && dirname(dependent.file) !== folder) {
          found.add(dependent);
        }
      }
    }
  });
  return [...found];
}
