import { InputDialog } from '@jupyterlab/apputils';
import { isStageName } from '../stages/tags.js';
import { chosenStage, front, type IActionContext } from './context.js';
import { applyOrTell } from './edits.js';
import { report, tell } from './report.js';

/** *Rename Stage…*: the engine moves script, variables, outputs and entries, the tab its tags; nothing runs (N5). */
export async function renameStage(context: IActionContext, named?: string): Promise<void> {
  const { trans } = context;
  const model = front(context)?.model ?? null;
  const stage = chosenStage(context, named);
  if (model === null || stage === null) {
    return;
  }
  const { value } = await InputDialog.getText({
    title: trans.__('Rename stage %1', stage),
    label: trans.__('New name'),
    text: stage,
    okLabel: trans.__('Rename'),
    pattern: '[A-Za-z0-9_\\-]{1,64}'
  });
  if (value === null || value === stage) {
    return;
  }
  if (!isStageName(value)) {
    tell(trans.__('A stage name has letters, digits, - and _, at most 64 of them.'));
    return;
  }
  try {
    const doc = await model.link.settled();
    const { edits } = await context.bridge.request('stage/rename', { doc, stage, to: value });
    applyOrTell(context, model, edits);
  } catch (error) {
    report(error);
  }
}
