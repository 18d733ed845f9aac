import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { analyse } from '../../src/notebook/analyse.js';
import type { Analysis, AnalysisContext, StageResult } from '../../src/notebook/context.js';
import type { NotebookCell, NotebookText } from '../../src/notebook/notebook.js';

/** `setup`, `params`, `exclude`, `scratch`, or a stage's name. */
export type Tagged = [role: string, source: string];

/** A notebook from tagged cells. */
export function notebook(...cells: Tagged[]): NotebookText {
  return { metadata: undefined, cells: cells.map(([role, source], index) => cell(role, source, index)) };
}

function cell(role: string, source: string, index: number): NotebookCell {
  const plain = role === 'setup' || role === 'params' || role === 'exclude';
  const tag = role === 'scratch' ? undefined : plain ? { role } : { role: 'stage', stage: role };
  return { type: 'code', id: `cell-${index}`, source, tag, tags: [] };
}

/** Analysis in memory; `files` are project files by path. */
export function analysed(
  cells: Tagged[],
  files: Record<string, string> = {},
  more: Partial<AnalysisContext> = {}
): Analysis {
  return analyse(notebook(...cells), { notebook: 'nb.ipynb', root: null, read: path => files[path] ?? null, ...more });
}

export function stageOf(analysis: Analysis, name: string): StageResult {
  const found = analysis.stages.find(stage => stage.name === name);
  if (found === undefined) {
    throw new Error(`no stage ${name}`);
  }
  return found;
}

/** Script without header lines, for reading. */
export function code(analysis: Analysis, name: string): string {
  return stageOf(analysis, name).script.split('\n').slice(2).join('\n');
}

export function codes(analysis: Analysis): string[] {
  return analysis.problems.map(problem => problem.code);
}

/** The notebook as a file. */
export function ipynb(text: NotebookText): string {
  return JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: text.metadata === undefined ? {} : { cellar: text.metadata },
    cells: text.cells.map(one => ({
      cell_type: one.type,
      id: one.id,
      metadata: one.tag === undefined ? {} : { cellar: one.tag },
      source: one.source,
      outputs: [],
      execution_count: null
    }))
  });
}

/** A fresh folder with these files. */
export function folder(files: Record<string, string> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'cellar-notebook-'));
  mkdirSync(join(root, '.dvc', 'tmp'), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}
