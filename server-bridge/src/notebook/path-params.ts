/** A parameter with a format in a path: the fix that makes the text a parameter of its own (N24). */
import type { Fix } from '../protocol/analysis.js';
import type { NotebookText } from './notebook.js';
import { pythonText, type Param } from './params.js';
import { rowsEdit } from './problems.js';
import { formatted } from './python/format.js';
import type { Py } from './python/tree.js';

export interface TextParam {
  name: string;
  /** The line of the params cell. */
  line: string;
  fix: Fix;
}

/** For `{lr:.2f}` in an f-string: the parameter `lr_text = "0.10"`, and the edits that use it; null for anything else. */
export function textParam(notebook: NotebookText, params: ReadonlyMap<string, Param>, node: Py): TextParam | null {
  const value = node.type === 'interpolation' ? node.get('expression') : undefined;
  const spec = node.kids.find(kid => kid.type === 'format_specifier')?.text.replace(/^:/, '');
  const param = value?.type === 'identifier' ? params.get(value.text) : undefined;
  const cell = notebook.cells.findIndex(one => one.source === node.source);
  if (param === undefined || spec === undefined || cell < 0) {
    return null;
  }
  const now = param.value;
  const known = typeof now === 'string' || typeof now === 'bigint' || typeof now === 'number';
  const text = known ? formatted(now, spec) : null;
  const name = `${param.name}_text`;
  if (text === null || params.has(name)) {
    return null;
  }
  const line = `${name} = ${pythonText(text)}`;
  const { cell: home, node: at } = param.unit;
  const row = (notebook.cells[home]?.source ?? '').split('\n')[at.endRow] ?? '';
  const source = `${node.source.slice(0, node.start)}{${name}}${node.source.slice(node.end)}`;
  return {
    name,
    line,
    fix: {
      label: `Make the text the parameter ${name}`,
      edits: [
        rowsEdit(notebook, home, at.endRow, at.endRow, `${row}\n${line}`),
        { edit: 'source', cell, id: notebook.cells[cell]?.id ?? null, source }
      ]
    }
  };
}
