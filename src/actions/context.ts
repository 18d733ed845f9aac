import type { ILabShell, JupyterFrontEnd } from '@jupyterlab/application';
import type { ISessionContextDialogs } from '@jupyterlab/apputils';
import type { Cell } from '@jupyterlab/cells';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { NotebookModel } from '../models/notebook.js';
import type { ProjectModel } from '../models/project.js';
import type { IBridge, INotebooks } from '../tokens.js';

/** What the deeds behind commands, chips and buttons work with. */
export interface IActionContext {
  readonly app: JupyterFrontEnd;
  readonly labShell: ILabShell | null;
  readonly bridge: IBridge;
  readonly notebooks: INotebooks;
  readonly project: ProjectModel;
  readonly tracker: INotebookTracker;
  readonly sessionDialogs: ISessionContextDialogs | null;
  readonly trans: TranslationBundle;
  /** Setting: the plan is always shown first. */
  readonly alwaysShowPlan: () => boolean;
}

/** The notebook in front with its model, null when there is none or its file is still loading. */
export interface IFront {
  readonly panel: NotebookPanel;
  readonly model: NotebookModel;
}

export function front(context: IActionContext): IFront | null {
  const panel = context.tracker.currentWidget;
  const model = panel === null ? null : context.notebooks.of(panel);
  return panel === null || model === null ? null : { panel, model };
}

/** The selected code cells, or the active one. */
export function chosenCells({ panel }: IFront): Cell[] {
  const notebook = panel.content;
  const selected = notebook.widgets.filter(cell => notebook.isSelectedOrActive(cell));
  return selected.filter(cell => cell.model.type === 'code');
}

/** The stage that a command means: the one named, or that of the active cell. */
export function chosenStage(context: IActionContext, stage?: string): string | null {
  const at = front(context);
  const cell = at?.panel.content.activeCell;
  const tag = at == null || cell == null ? null : at.model.tagOf(cell.model);
  return stage ?? (tag?.role === 'stage' ? (tag.stage ?? null) : null);
}
