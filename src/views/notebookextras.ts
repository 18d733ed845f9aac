import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';
import { DisposableSet, type IDisposable } from '@lumino/disposable';
import type { IActionContext } from '../actions/context.js';
import { applyFix } from '../actions/fixes.js';
import { goToError } from '../actions/jump.js';
import { renameStage } from '../actions/rename.js';
import { openPopover } from '../actions/tagging.js';
import { Announcer } from './announcer.js';
import { ChipLayer } from './chips.js';
import { Strip } from './strip.js';

/** Gives each notebook panel its chips, its strip and its voice, once its model is there. */
export class NotebookExtras implements DocumentRegistry.IWidgetExtension<NotebookPanel, INotebookModel> {
  constructor(private readonly _context: IActionContext) {}

  createNew(panel: NotebookPanel, document: DocumentRegistry.IContext<INotebookModel>): IDisposable {
    const parts = new DisposableSet();
    void document.ready.then(() => {
      const model = this._context.notebooks.of(panel);
      if (!panel.isDisposed && !parts.isDisposed && model !== null) {
        const { trans } = this._context;
        const chips = new ChipLayer({
          panel,
          model,
          trans,
          actions: {
            open: cell => {
              panel.content.activeCellIndex = panel.content.widgets.indexOf(cell);
              openPopover(this._context, panel, model, [cell]);
            },
            fix: fix => void applyFix(this._context, fix, model),
            rename: stage => void renameStage(this._context, stage)
          }
        });
        const strip = new Strip({
          panel,
          model,
          trans,
          actions: {
            tag: () => void this._context.app.commands.execute('cellar:tag-cell'),
            goToError: step => void goToError(panel, model, step)
          }
        });
        panel.contentHeader.insertWidget(0, strip);
        parts.add(chips);
        parts.add(strip);
        parts.add(new Announcer(model, trans, panel.node));
      }
    });
    return parts;
  }
}
