import { dirname, join, posix } from 'node:path';
import { existsSync } from '../io/files.js';
import type { Analysis } from '../notebook/context.js';
import { isAbove } from '../notebook/listed.js';
import type { NotebookText } from '../notebook/notebook.js';
import { readRecorded } from '../notebook/recorded.js';
import type { Problem } from '../protocol/analysis.js';
import { listInTag } from './failure-fixes.js';

/**
 * N28: what the last run of a stage read undeclared, by name, with one click to declare it and one to accept it. Kinds such
 * as the network are no paths: the mark alone speaks of them. `abs` is the notebook's file, `root` the project's folder.
 */
export function undeclaredProblems(analysis: Analysis, notebook: NotebookText, abs: string, root: string): Problem[] {
  const folder = posix.dirname(analysis.notebook);
  return analysis.stages.flatMap(stage => {
    const read = readRecorded(join(dirname(abs), stage.paths.outputs))?.undeclared ?? [];
    const told = new Set([...stage.header.files_in, ...stage.header.ignore]);
    const paths = read
      .filter(path => existsSync(join(root, path)))
      .map(path => posix.relative(folder, path))
      // A listing of the notebook's own folder can be no dep; the mark alone speaks of it.
      .filter(path => !isAbove(path === '' ? '.' : path) && !told.has(path));
    if (paths.length === 0) {
      return [];
    }
    const names = paths.map(path => `\`${path}\``).join(', ');
    return [
      {
        code: 'W_UNDECLARED_READS',
        severity: 'hint' as const,
        message: `\`${stage.name}\` read ${names}, which no text tells: only this machine notices a change there.`,
        next: 'Add it to the inputs, or accept that the stage reads it.',
        notebook: analysis.notebook,
        cell: stage.cells[0] ?? null,
        stage: stage.name,
        fixes: [
          { label: `Add to the inputs of ${stage.name}`, edits: [listInTag(notebook, stage, 'deps', paths)] },
          { label: 'Accept', edits: [listInTag(notebook, stage, 'ignore', paths)] }
        ]
      }
    ];
  });
}
