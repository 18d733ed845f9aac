import type { Fix } from '../../server-bridge/src/protocol/analysis.js';
import type { NotebookModel } from '../models/notebook.js';
import type { IActionContext } from './context.js';
import { applyOrTell } from './edits.js';
import { tagNeeds } from './needs.js';
import { report } from './report.js';

/** Presses a fix: edits of the notebook as one undo step, the engine's part of it, or a command of Lab. */
export async function applyFix(context: IActionContext, fix: Fix, model: NotebookModel | null): Promise<void> {
  try {
    if (fix.edits !== undefined && model !== null) {
      applyOrTell(context, model, fix.edits);
    }
    const stage = fix.action?.method === 'notebook/needs' ? fix.action.params.stage : undefined;
    if (typeof stage === 'string') {
      // What it would tag is previewed first (N21).
      await tagNeeds(context, stage);
    } else if (fix.action !== undefined) {
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
