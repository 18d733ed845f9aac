import type { ICellModel } from '@jupyterlab/cells';
import type { Fix, Problem } from '../../server-bridge/src/protocol/analysis.js';
import type { Mark, StageState } from '../../server-bridge/src/protocol/state.js';
import type { NotebookModel } from '../models/notebook.js';
import type { IStageStatus } from '../models/stagestate.js';
import { isCode } from '../stages/apply.js';
import { placeCells } from '../stages/layout.js';
import type { Role } from '../stages/tags.js';

/** What is drawn on a cell. `ghost`: the tag icon of an untagged cell; `chip`: first of a stage or a role; `follow`: others. */
export interface IFace {
  readonly kind: 'ghost' | 'chip' | 'follow';
  readonly role: Role | null;
  readonly stage: string;
  readonly nth: number;
  readonly of: number;
  readonly state: StageState | null;
  readonly marks: readonly Mark[];
  /** Reason or error, with names in backticks. */
  readonly reason: string | null;
  readonly fix: Fix | null;
  readonly problem: Problem | null;
  readonly startedAt: number | null;
  readonly expected: number | null;
  /** Whether the rail begins and ends here. */
  readonly first: boolean;
  readonly last: boolean;
}

/** Errors come before warnings, these before hints. */
function gravest(problems: readonly Problem[]): Problem | null {
  const weight = { error: 0, warning: 1, hint: 2 };
  return [...problems].sort((a, b) => weight[a.severity] - weight[b.severity])[0] ?? null;
}

/** A problem at a cell is told there; one of the stage as a whole on its first cell. */
function problemsAt(model: NotebookModel, cell: ICellModel, status: IStageStatus | null, first: boolean): Problem[] {
  const index = model.link.viewIds.indexOf(cell.id);
  const own = (model.view?.problems ?? []).filter(problem => problem.cell !== null && problem.cell === index);
  return first ? [...own, ...(status?.problems ?? []).filter(problem => problem.cell !== index)] : own;
}

/** What each code cell of a notebook carries, from its tags and what the bridge last said. */
export function cellFaces(model: NotebookModel): Map<ICellModel, IFace> {
  const cells = Array.from(model.notebook.cells);
  const tags = cells.map(cell => {
    const tag = model.tagOf(cell);
    // Papermill's tag makes a params cell without a tag of ours (N1).
    return tag ?? (model.cellView(cell)?.role === 'params' ? { role: 'params' as const } : null);
  });
  const places = placeCells(tags);
  const statuses = new Map(model.stages.map(stage => [stage.name, stage]));
  const faces = new Map<ICellModel, IFace>();
  const sameRun = (i: number, j: number): boolean =>
    places[i]?.role === 'stage' && places[j]?.role === 'stage' && places[i].stage === places[j].stage;
  cells.forEach((cell, i) => {
    if (!isCode(cell)) {
      return;
    }
    const place = places[i] ?? null;
    const status = place?.role === 'stage' ? (statuses.get(place.stage) ?? null) : null;
    const first = place === null || place.nth === 1;
    const problem = gravest(problemsAt(model, cell, status, first));
    const reason = problem?.message ?? (first ? (status?.reasons[0]?.text ?? null) : null);
    const marks: Mark[] = first ? [...(status?.marks ?? [])] : [];
    faces.set(cell, {
      kind: place === null ? 'ghost' : place.nth === 1 ? 'chip' : 'follow',
      role: place?.role ?? null,
      stage: place?.stage ?? '',
      nth: place?.nth ?? 1,
      of: place?.of ?? 1,
      state: place?.role === 'stage' ? (status?.state ?? 'checking') : null,
      marks: model.live.has(cell.id) && !marks.includes('live') ? [...marks, 'live'] : marks,
      reason,
      fix: problem?.fixes[0] ?? null,
      problem,
      startedAt: status?.startedAt ?? null,
      expected: status?.expected ?? null,
      first: !sameRun(i, i - 1),
      last: !sameRun(i, i + 1)
    });
  });
  return faces;
}
