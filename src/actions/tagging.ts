import type { Cell, ICellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { TagDraft } from '../models/tagdraft.js';
import type { NotebookModel } from '../models/notebook.js';
import { TagPopover } from '../views/popover.js';
import { chosenCells, front, type IActionContext } from './context.js';
import { applyFix } from './fixes.js';
import { showCell } from './jump.js';
import { tagNeeds } from './needs.js';
import { report, tell } from './report.js';

function anchorOf(cell: Cell): HTMLElement {
  return (
    cell.node.querySelector<HTMLElement>(':scope > .cellar-StageHost > button, :scope > .cellar-Ghost') ?? cell.node
  );
}

/** Opens the popover for some cells, at the first one. */
export function openPopover(
  context: IActionContext,
  panel: NotebookPanel,
  model: NotebookModel,
  cells: readonly Cell[]
): TagPopover | null {
  const first = cells[0];
  if (first === undefined) {
    return null;
  }
  // The chip is drawn anew by what the popover does: the focus goes back to the cell's, whichever it is then.
  const cellModel: ICellModel = first.model;
  const widget = (): Cell | undefined => panel.content.widgets.find(cell => cell.model === cellModel);
  const popover = new TagPopover({
    draft: new TagDraft({ bridge: context.bridge, notebook: model, cells: cells.map(cell => cell.model) }),
    trans: context.trans,
    commands: context.app.commands,
    actions: {
      fix: fix => void applyFix(context, fix, model),
      needs: stage => void tagNeeds(context, stage),
      failed: report
    },
    anchor: () => anchorOf(widget() ?? first).getBoundingClientRect(),
    returnFocus: () => {
      if (!panel.isDisposed) {
        void showCell(panel, cellModel);
      }
    }
  });
  popover.open();
  return popover;
}

/** *Tag Cell…*: the popover of the active or selected cells. */
export async function tagCells(context: IActionContext): Promise<void> {
  const at = front(context);
  if (at === null) {
    return;
  }
  const cells = chosenCells(at);
  const first = cells[0];
  if (first === undefined) {
    tell(context.trans.__('Only code cells can be tagged.'));
    return;
  }
  await at.panel.content.scrollToItem(at.panel.content.widgets.indexOf(first), 'smart');
  openPopover(context, at.panel, at.model, cells);
}

/** *Untag*: takes the tags of the chosen cells away, as one undo step. The user's own outs stay (N5). */
export function untagCells(context: IActionContext): void {
  const at = front(context);
  if (at !== null) {
    const tagged = chosenCells(at).filter(cell => at.model.tagOf(cell.model) !== null);
    if (tagged.length > 0) {
      at.model.setTags(new Map(tagged.map(cell => [cell.model, null])));
    }
  }
}
