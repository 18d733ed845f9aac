import type { Analysis } from '../notebook/context.js';
import type { NotebookText } from '../notebook/notebook.js';
import type { Problem } from '../protocol/analysis.js';
import type { ErrorData } from '../protocol/errors.js';
import { failureFixes } from './failure-fixes.js';
import type { ComputedState } from './stage-states.js';

/** How the last run of a stage failed; it counts until the script or an input changes. */
export interface FailedRun {
  /** MD5 of the script that ran; null for a stage of no notebook. */
  script: string | null;
  text: string;
  error: ErrorData;
}

/** The failures of a notebook's stages as problems at the line where each happened, with what helps. */
export function failedProblems(
  analysis: Analysis,
  notebook: NotebookText,
  root: string,
  idOf: (stage: string) => string,
  states: ReadonlyMap<string, ComputedState>,
  failed: ReadonlyMap<string, FailedRun>
): Problem[] {
  return analysis.stages.flatMap(stage => {
    const id = idOf(stage.name);
    const failure = failed.get(id);
    if (failure === undefined || states.get(id)?.state !== 'failed') {
      return [];
    }
    const { code, message, next, at, data } = failure.error;
    const line = typeof data?.['block_line'] === 'number' ? data['block_line'] : at?.line;
    const origin = stage.lines.find(each => each.line === line);
    const cell = origin?.cell ?? stage.cells[0] ?? null;
    return [
      {
        code,
        severity: 'error' as const,
        message,
        ...(next === undefined ? {} : { next }),
        notebook: analysis.notebook,
        cell,
        ...(origin === undefined ? {} : { line: origin.row + 1 }),
        stage: stage.name,
        fixes: failureFixes(failure.error, { analysis, notebook, root, stage, cell })
      }
    ];
  });
}
