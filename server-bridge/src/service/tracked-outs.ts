import { dirname, join, relative, sep } from 'node:path';
import type { Problem } from '../protocol/analysis.js';
import type { Analysis, StageResult } from '../notebook/context.js';
import type { NotebookText } from '../notebook/notebook.js';
import { trackedError } from '../workspace/gitfiles.js';
import type { Project } from '../workspace/project.js';
import { failureFixes } from './failure-fixes.js';
import { trackedOuts } from './git-facts.js';

/** Outs that git tracks, as problems at their cells already when they are tagged (N29); a run would refuse them. */
export async function trackedProblems(
  analysis: Analysis,
  notebook: NotebookText,
  project: Project
): Promise<Problem[]> {
  const folder = dirname(join(project.root, analysis.notebook));
  const outs = analysis.stages.flatMap(stage =>
    cachedOuts(stage).map(out => ({ ...out, stage, abs: join(folder, out.path) }))
  );
  const tracked = await trackedOuts(
    project,
    outs.map(out => out.abs)
  );
  return outs
    .filter(out => tracked.has(out.abs))
    .map(({ stage, abs, cell }) => {
      const error = trackedError(abs, project.root);
      return {
        code: error.code,
        severity: 'error',
        message: error.message,
        next: error.next,
        notebook: analysis.notebook,
        cell,
        path: relative(project.root, abs).split(sep).join('/'),
        stage: stage.name,
        fixes: failureFixes(error.toJSON(), { analysis, notebook, root: project.root, stage, cell })
      };
    });
}

/** What the cache is to keep; metrics are kept in git. */
function cachedOuts(stage: StageResult): { path: string; cell: number | null }[] {
  return stage.outputs
    .filter(found => found.kind === 'file' && !found.excluded && found.outKind !== 'metric')
    .map(found => ({ path: found.name, cell: found.cell ?? stage.cells[0] ?? null }));
}
