import type { Cell, ICellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Problem } from '../../server-bridge/src/protocol/analysis.js';
import type { StageState } from '../../server-bridge/src/protocol/state.js';
import type { IJobStep } from '../models/job.js';
import type { NotebookModel } from '../models/notebook.js';
import { front, type IActionContext } from './context.js';
import { openProjectFile } from './openfile.js';
import { tell } from './report.js';

/** Makes a cell the active one and brings it into view; its editor takes the cursor to a line (1-based) when one is given. */
export async function showCell(panel: NotebookPanel, model: ICellModel, line?: number): Promise<Cell | null> {
  const notebook = panel.content;
  const index = notebook.widgets.findIndex(cell => cell.model === model);
  const cell = notebook.widgets[index];
  if (cell === undefined) {
    return null;
  }
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  await notebook.scrollToItem(index, 'smart');
  if (line !== undefined) {
    await cell.ready;
    cell.editor?.setCursorPosition({ line: line - 1, column: 0 });
  }
  panel.content.node.focus();
  return cell;
}

/** The first cell after the active one for which `wanted` holds, from the top again at the end. */
function nextCell(panel: NotebookPanel, wanted: (cell: ICellModel) => boolean): ICellModel | null {
  const cells = panel.content.widgets.map(cell => cell.model);
  const start = panel.content.activeCellIndex + 1;
  return [...cells.slice(start), ...cells.slice(0, start)].find(wanted) ?? null;
}

/** States in which a stage's result is not that of its code and inputs. */
const WANTING: readonly StageState[] = ['stale', 'pending', 'available', 'failed', 'blocked'];

function firstCells(model: NotebookModel, states: readonly StageState[]): Set<ICellModel> {
  const stages = model.stages.filter(stage => states.includes(stage.state));
  return new Set(stages.map(stage => model.cellsOf(stage.name)[0]).filter(cell => cell !== undefined));
}

/** *Next Stale Stage*: the chip of the next stage that is not fresh. */
export async function nextStale(context: IActionContext): Promise<void> {
  const at = front(context);
  if (at === null) {
    return;
  }
  const wanted = firstCells(at.model, WANTING);
  const cell = nextCell(at.panel, item => wanted.has(item));
  if (cell === null) {
    tell(context.trans.__('No stage of this notebook is stale.'));
    return;
  }
  await showCell(at.panel, cell);
}

/** *Next Problem*: the next cell that has one. */
export async function nextProblem(context: IActionContext): Promise<void> {
  const at = front(context);
  if (at === null) {
    return;
  }
  const problems = at.model.view?.problems ?? [];
  const cellOf = (problem: Problem): ICellModel | null =>
    problem.cell !== null
      ? at.model.cellAt(problem.cell)
      : problem.stage !== undefined
        ? (at.model.cellsOf(problem.stage)[0] ?? null)
        : null;
  const wanted = new Map(problems.map(problem => [cellOf(problem), problem]));
  const cell = nextCell(at.panel, item => wanted.has(item));
  if (cell === null) {
    tell(context.trans.__('This notebook has no problems.'));
    return;
  }
  await showCell(at.panel, cell, wanted.get(cell)?.line);
}

/** Goes to where a problem of the panel is: its cell in the notebook in front, else the file that it names. */
export async function goToProblem(context: IActionContext, problem: Problem): Promise<void> {
  const at = front(context);
  const cell =
    problem.cell !== null
      ? at?.model.cellAt(problem.cell)
      : problem.stage !== undefined
        ? at?.model.cellsOf(problem.stage)[0]
        : undefined;
  if (at === null || cell == null) {
    if (problem.path !== undefined && !(await openProjectFile(context, problem.path))) {
      tell(context.trans.__('%1 is not among the files that Jupyter shows.', problem.path));
    }
  } else {
    context.app.shell.activateById(at.panel.id);
    await showCell(at.panel, cell, problem.line);
  }
}

/** Goes to the first cell of a stage; false when it is not in the notebook in front. */
export async function goToStage(context: IActionContext, stage: string): Promise<boolean> {
  const at = front(context);
  const cell = at?.model.cellsOf(stage)[0];
  if (at == null || cell === undefined) {
    return false;
  }
  context.app.shell.activateById(at.panel.id);
  return (await showCell(at.panel, cell)) !== null;
}

/** Goes to the cell and line where a stage of the run failed. */
export async function goToError(panel: NotebookPanel, model: NotebookModel, step: IJobStep): Promise<void> {
  const { cell, line } = step.error?.at ?? {};
  const found = (cell === undefined ? null : model.cellAt(cell)) ?? model.cellsOf(step.name)[0];
  if (found !== undefined) {
    await showCell(panel, found, line);
  }
}
