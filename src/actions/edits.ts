import type { NotebookModel } from '../models/notebook.js';
import { StaleEdits } from '../stages/apply.js';
import type { IActionContext } from './context.js';
import { tell } from './report.js';

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
