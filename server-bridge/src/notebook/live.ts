/** The analysis of a notebook in a project as a tab shows it: text in memory, everything else from the disk (N51). */
import { CellarError } from '../protocol/errors.js';
import { analyse } from './analyse.js';
import { readModule } from './compile.js';
import type { Analysis, AnalysisContext } from './context.js';
import { readFolder } from './disk.js';
import type { NotebookText } from './notebook.js';
import { analyseInFolder } from './ondisk.js';
import { Problems } from './problems.js';

/**
 * Analyses the text with all that `dvc.yaml`, scripts, recorded outputs and parameters of its folder say. Malformed files
 * there become a problem instead of an error. `initPython` must have been awaited.
 * `notebookPath` is relative to the project's root, POSIX.
 */
export function analyseOnDisk(
  project: { readonly root: string },
  notebookPath: string,
  text: NotebookText,
  options: Pick<AnalysisContext, 'language' | 'accepts'> = {}
): Analysis {
  const whole = { ...options, root: project.root, read: (path: string) => readModule(project.root, path) };
  try {
    return analyseInFolder(readFolder(project.root, notebookPath), text, notebookPath, whole).analysis;
  } catch (error) {
    if (!(error instanceof CellarError)) {
      throw error;
    }
    const analysis = analyse(text, { ...whole, notebook: notebookPath });
    const problems = new Problems(notebookPath);
    problems.add({ code: error.code, message: error.message, next: error.next, cell: null, path: error.at?.path });
    analysis.problems.unshift(...problems.list);
    analysis.stages.forEach(stage => (stage.blocked = true));
    return analysis;
  }
}
