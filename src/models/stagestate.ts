import type { Problem } from '../../server-bridge/src/protocol/analysis.js';
import type { Mark, Reason, StageState } from '../../server-bridge/src/protocol/state.js';
import type { NotebookView, StageView } from '../../server-bridge/src/protocol/wire.js';
import type { IJobStep } from './job.js';

/** A stage as the screen shows it: the bridge's view with what the running job says on top. */
export interface IStageStatus {
  readonly name: string;
  readonly address: string;
  readonly state: StageState;
  readonly marks: readonly Mark[];
  readonly reasons: readonly Reason[];
  readonly problems: readonly Problem[];
  readonly expected: number | null;
  /** Milliseconds since the epoch while it runs, else null. */
  readonly startedAt: number | null;
}

function stateNow(view: StageView, step: IJobStep | undefined): StageState {
  switch (step?.step) {
    case 'started':
    case 'saving':
      return 'running';
    case 'queued':
    case 'waiting':
      return 'queued';
    case 'planned':
      return step.item !== null && ['run', 'restore', 'wait'].includes(step.item.action) ? 'queued' : view.state;
    default:
      return view.state;
  }
}

/** All stages of a notebook. `steps` are those of a run that has not ended, by address. */
export function stageStatuses(view: NotebookView, steps: readonly IJobStep[]): IStageStatus[] {
  const byAddress = new Map(steps.map(step => [step.address, step]));
  return view.stages.map(stage => {
    const step = byAddress.get(stage.address);
    const state = stateNow(stage, step);
    return {
      name: stage.name,
      address: stage.address,
      state,
      marks: stage.marks,
      reasons: stage.reasons,
      problems: view.problems.filter(
        problem => problem.stage === stage.name || (problem.cell !== null && stage.cells.includes(problem.cell))
      ),
      expected: stage.expected,
      startedAt: state === 'running' ? (step?.startedAt ?? null) : null
    };
  });
}

/** The states that the toolbar and the status bar count, in the order in which they are told. */
const TOLD: readonly StageState[] = ['running', 'queued', 'failed', 'stale', 'pending', 'available', 'blocked'];

/** How many stages are in each state that needs something, in a fixed order; empty when all is well. */
export function countStates(stages: readonly { readonly state: StageState }[]): { state: StageState; count: number }[] {
  return TOLD.map(state => ({ state, count: stages.filter(stage => stage.state === state).length })).filter(
    item => item.count > 0
  );
}
