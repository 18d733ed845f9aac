import type { Fix } from '../../server-bridge/src/protocol/analysis.js';
import type { NotebookModel } from '../models/notebook.js';
import { StaleEdits } from '../stages/apply.js';
import type { IActionContext } from './context.js';
import { report, tell } from './report.js';

/** Applies edits of the bridge; when the notebook has changed since they were made it is said and nothing is touched. */
export function applyOrTell(
  context: IActionContext,
  model: NotebookModel,
  edits: Parameters<NotebookModel['applyEdits']>[0]
): boolean {
  try {
    model.applyEdits(edits);
    return true;
  } catch (error) {
    if (!(error instanceof StaleEdits)) {
      throw error;
    }
    tell(context.trans.__('The notebook has changed meanwhile, so nothing was done. Do it once more.'));
    return false;
  }
}

/** Presses a fix: edits of the notebook as one undo step, the engine's part of it, or a command of Lab. */
export async function applyFix(context: IActionContext, fix: Fix, model: NotebookModel | null): Promise<void> {
  try {
    if (fix.edits !== undefined && model !== null) {
      applyOrTell(context, model, fix.edits);
    }
    if (fix.action !== undefined) {
      const { method, params } = fix.action;
      const path = model?.path ?? context.project.path ?? '';
      const { edits } = await context.bridge.request('problem/fix', {
        doc: model?.view?.doc ?? null,
        path,
        method,
        params
      });
      if (model !== null && edits.length > 0) {
        applyOrTell(context, model, edits);
      }
      await context.project.refresh();
    }
    if (fix.command !== undefined) {
      await context.app.commands.execute(fix.command.id, fix.command.args as Record<string, never>);
    }
  } catch (error) {
    report(error);
  }
}
