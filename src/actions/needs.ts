import { front, type IActionContext } from './context.js';
import { applyOrTell } from './edits.js';
import { report, tell } from './report.js';
import { askNeeds } from '../views/needsdialog.js';

/** *Tag the Cells This Needs…*: previewed, then one undo step; nothing runs (N21). */
export async function tagNeeds(context: IActionContext, stage: string): Promise<void> {
  const model = front(context)?.model ?? null;
  if (model === null) {
    return;
  }
  try {
    const doc = await model.link.settled();
    const { cells, edits } = await context.bridge.request('notebook/needs', { doc, stage });
    if (cells.length === 0) {
      tell(context.trans.__('Every cell that %1 needs is tagged.', stage));
      return;
    }
    const chosen = await askNeeds(context.trans, stage, cells);
    if (chosen === null) {
      return;
    }
    const kept = edits.filter(edit => edit.edit !== 'tag' || chosen.has(edit.cell));
    applyOrTell(
      context,
      model,
      kept.map(edit => {
        const name = edit.edit === 'tag' ? chosen.get(edit.cell) : undefined;
        return edit.edit === 'tag' && edit.tag?.role === 'stage' && name
          ? { ...edit, tag: { ...edit.tag, stage: name } }
          : edit;
      })
    );
  } catch (error) {
    report(error);
  }
}
