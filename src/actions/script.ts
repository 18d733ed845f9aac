import { MainAreaWidget } from '@jupyterlab/apputils';
import { ScriptView } from '../views/scriptview.js';
import { cellarIcon } from '../views/icons.js';
import { chosenStage, front, type IActionContext } from './context.js';

/** *Show Script*: what runs for a stage, in the main area, beside what was recorded (N60). */
export async function showScript(context: IActionContext, named?: string): Promise<void> {
  const model = front(context)?.model ?? null;
  const stage = chosenStage(context, named);
  if (model === null || stage === null) {
    return;
  }
  const doc = await model.link.settled();
  const { text, recorded } = await context.bridge.request('stage/script', { doc, stage });
  const content = new ScriptView(context.trans);
  content.display(stage, text, recorded);
  const widget = new MainAreaWidget({ content });
  widget.title.label = context.trans.__('%1 (script)', stage);
  widget.title.icon = cellarIcon;
  context.app.shell.add(widget, 'main', { mode: 'split-right', ref: context.tracker.currentWidget?.id });
}
