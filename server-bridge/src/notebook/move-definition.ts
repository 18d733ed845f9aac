/** *Move to setup* for a function or class of a stage cell that worker processes need (N42). */
import type { Fix } from '../protocol/analysis.js';
import type { NotebookText } from './notebook.js';
import { rowsEdit } from './problems.js';
import { parseCell, type Statement } from './python/cell.js';

/**
 * Takes the definition of `name` out of the first of `cells` that has it, into a setup cell above, with the imports,
 * definitions and fixed values of that cell that it uses: workers know setup alone. Null where no cell defines it by a statement.
 */
export function definitionToSetup(notebook: NotebookText, cells: readonly number[], name: string): Fix | null {
  for (const cell of cells) {
    const source = notebook.cells[cell]?.source ?? '';
    const { statements } = parseCell(source);
    const definition = statements.findLast(one => one.kind === 'definition' && one.facts.must.has(name));
    if (definition !== undefined) {
      const moved = withWhatItUses(definition, statements);
      const lines = source.split('\n');
      const rows = ({ node }: Statement): string => lines.slice(node.row, node.endRow + 1).join('\n');
      const gone = new Set(moved.flatMap(({ node }) => lines.flatMap((_, row) => (within(row, node) ? [row] : []))));
      const left = lines.filter((_, row) => !gone.has(row)).join('\n');
      return {
        label: 'Move to setup',
        edits: [
          rowsEdit(notebook, cell, 0, lines.length - 1, left.replace(/^\n+/, '')),
          { edit: 'insert', cell, source: moved.map(rows).join('\n'), tag: { role: 'setup' } }
        ]
      };
    }
  }
  return null;
}

function within(row: number, node: Statement['node']): boolean {
  return row >= node.row && row <= node.endRow;
}

/** In the order of the cell. */
function withWhatItUses(definition: Statement, statements: readonly Statement[]): Statement[] {
  const moved = new Set([definition]);
  for (const { facts } of moved) {
    const names = [...facts.reads.keys(), ...facts.deferred.keys()];
    statements
      .filter(one => (one.kind === 'import' || one.immutable) && names.some(name => one.facts.must.has(name)))
      .forEach(one => moved.add(one));
  }
  return statements.filter(one => moved.has(one));
}
