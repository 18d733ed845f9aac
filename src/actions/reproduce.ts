import { PathExt } from '@jupyterlab/coreutils';
import type { RunMode } from '../../server-bridge/src/protocol/wire.js';
import type { NotebookModel } from '../models/notebook.js';
import { askPlan } from '../views/plandialog.js';
import { front, type IActionContext } from './context.js';
import { startProject } from './start.js';
import { ensureTrusted } from './trusting.js';

export interface IReproduceRequest {
  readonly mode: RunMode;
  readonly stage: string | null;
  /** Show the plan first, whatever it is (Shift-click). */
  readonly ask: boolean;
}

/** How a request ended, for whoever called the command. */
export type ReproduceOutcome =
  'no-notebook' | 'no-stages' | 'no-project' | 'restricted' | 'declined' | 'up-to-date' | 'started';

/** Whether the notebook is where a run is possible; asks for what is missing. */
async function ready(context: IActionContext, model: NotebookModel): Promise<ReproduceOutcome | null> {
  if (model.stageNames.length === 0) {
    model.setNotice('no-stages');
    return 'no-stages';
  }
  await model.link.settled();
  if (model.view?.project === null) {
    if (!(await startProject(context))) {
      return 'no-project';
    }
    await model.link.settled();
  }
  const words = {
    action: context.trans.__('Reproduce'),
    deed: context.trans.__('reproduce'),
    stages: model.stageNames
  };
  if (!(await ensureTrusted(context, model.path, model.view?.trust, words))) {
    return 'restricted';
  }
  return null;
}

/** Plans, asks when the plan is not small, and starts the run (N53). */
export async function reproduce(context: IActionContext, request: IReproduceRequest): Promise<ReproduceOutcome> {
  const model = front(context)?.model ?? null;
  if (model === null) {
    return 'no-notebook';
  }
  model.setNotice(null);
  const missing = await ready(context, model);
  if (missing !== null) {
    return missing;
  }
  const { mode, stage } = request;
  const doc = await model.link.settled();
  const plan = await context.bridge.request('plan/make', { doc, mode, stage });
  if (plan.items.length > 0 && plan.items.every(item => item.action === 'skip') && !request.ask) {
    model.setNotice('up-to-date');
    await model.recorded.put(new Set(plan.items.filter(item => item.own).map(item => item.name)));
    return 'up-to-date';
  }
  if (request.ask || !plan.small || context.alwaysShowPlan()) {
    const title = context.trans.__('Reproduce %1', PathExt.basename(model.path));
    if (!(await askPlan(context.trans, title, plan))) {
      return 'declined';
    }
  }
  await model.start(mode, stage);
  return 'started';
}

/** Stops the run of the notebook in front. */
export async function stopRun(context: IActionContext): Promise<void> {
  await front(context)?.model.run.stop();
}
