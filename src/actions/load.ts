import { CellarError } from '../../server-bridge/src/protocol/errors.js';
import { KERNEL_PATIENCE, runSilently, whenIdle } from '../models/kernel.js';
import { readSummary } from '../models/loadsummary.js';
import type { NotebookModel } from '../models/notebook.js';
import { askLoad } from '../views/loaddialog.js';
import { chosenStage, front, type IActionContext, type IFront } from './context.js';
import { report, tell } from './report.js';
import { ensureTrusted } from './trusting.js';

async function idleKernel(
  { panel }: IFront,
  context: IActionContext
): Promise<NonNullable<ReturnType<typeof kernelOf>>> {
  const { trans } = context;
  if (kernelOf(panel.sessionContext) === null) {
    await context.sessionDialogs?.selectKernel(panel.sessionContext);
  }
  const kernel = kernelOf(panel.sessionContext);
  if (kernel === null) {
    throw new CellarError('E_NO_KERNEL', trans.__('This notebook has no kernel.'), {
      next: trans.__('Choose one, then load again.')
    });
  }
  if (!(await whenIdle(kernel, KERNEL_PATIENCE))) {
    throw new CellarError('E_KERNEL_BUSY', trans.__('The kernel is busy.'), {
      next: trans.__('Wait for it or interrupt it, then load again.')
    });
  }
  return kernel;
}

function kernelOf(session: IFront['panel']['sessionContext']) {
  return session.session?.kernel ?? null;
}

/** The place that *here* means: the stage that was named, or the active cell. */
function cellIndex(model: NotebookModel, at: IFront, stage: string | null): number {
  const first = stage === null ? undefined : model.cellsOf(stage)[0];
  const active = at.panel.content.activeCell?.model;
  return first !== undefined ? model.indexOf(first) : active === undefined ? 0 : model.indexOf(active);
}

/** *Load Results up to Here* (N59): sizes first, then setup and recorded variables into the live kernel, silently. */
export async function loadResults(context: IActionContext, named?: string): Promise<readonly string[]> {
  const { trans } = context;
  const at = front(context);
  if (at === null) {
    return [];
  }
  const { model } = at;
  const doc = await model.link.settled();
  const words = { action: trans.__('Load results'), deed: trans.__('load'), stages: [] };
  if (!(await ensureTrusted(context, model.path, model.view?.trust, words))) {
    return [];
  }
  const cell = cellIndex(model, at, chosenStage(context, named));
  const plan = await context.bridge.request('results/load', { doc, cell });
  if (!(await askLoad(trans, plan))) {
    return [];
  }
  const kernel = await idleKernel(at, context);
  const reply = await runSilently(kernel, plan.code, '__cellar_loaded__');
  if (!reply.ok) {
    throw new CellarError('E_LOAD_FAILED', trans.__('The kernel could not load the results: %1', reply.error ?? ''), {
      next: trans.__('Reproduce makes them anew.')
    });
  }
  const { loaded, failed } = readSummary(reply.value);
  tell(trans.__('In the kernel now: %1.', loaded.length === 0 ? trans.__('the setup') : loaded.join(', ')));
  if (failed.length > 0) {
    report(
      new CellarError('E_LOAD_FAILED', trans.__('Not loaded: %1', failed.join(' ')), {
        next: trans.__('Reproduce makes them anew.')
      })
    );
  }
  return loaded;
}
