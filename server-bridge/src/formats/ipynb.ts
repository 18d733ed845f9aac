import { CellarError } from '../protocol/errors.js';
import { compareCodePoints } from './codepoints.js';
import { parseJson } from './json.js';
import { pythonFloat } from './pythonjson.js';
import { DateValue, OpaqueValue, isList, isMapping, keyText } from './value.js';
import type { Value, ValueMap } from './value.js';

export type CellType = 'code' | 'markdown' | 'raw';

/** Plain JSON as other rooms hold it; integers beyond 2^53 become text. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface NotebookCell {
  /** Absent before nbformat 4.5. */
  id?: string;
  type: CellType;
  /** The whole text; on disk it may be a list of lines. */
  source: string;
  metadata: { [key: string]: Json };
  /** The cell as the file holds it, unknown keys included. */
  raw: ValueMap;
}

export interface Notebook {
  cells: NotebookCell[];
  metadata: { [key: string]: Json };
  /** Name of the kernel, and its language in lower case, when the file says so. */
  kernel?: string;
  language?: string;
  minor: number;
  raw: ValueMap;
}

const LIMIT = 256 * 1024 * 1024;

function problem(file: string, words: string): CellarError {
  return new CellarError('E_NOTEBOOK_INVALID', `'${file}' ${words}`, {
    next: 'Open it in JupyterLab and save it, or restore it from git.',
    at: { path: file }
  });
}

/** A value as plain JSON in objects without a prototype. */
export function toJson(value: Value): Json {
  if (value instanceof DateValue || value instanceof OpaqueValue) return value.text;
  if (typeof value === 'bigint') {
    const size = Number(value);
    return Number.isSafeInteger(size) ? size : String(value);
  }
  if (isList(value)) return value.map(toJson);
  if (!isMapping(value)) return value;
  const object: { [key: string]: Json } = Object.create(null) as { [key: string]: Json };
  for (const [key, item] of value) object[keyText(key)] = toJson(item);
  return object;
}

function jsonObject(value: Value | undefined): { [key: string]: Json } {
  const json = isMapping(value) ? toJson(value) : null;
  return json !== null && typeof json === 'object' && !Array.isArray(json) ? json : {};
}

function readSource(value: Value | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (!isList(value)) return undefined;
  const lines = value.filter(line => typeof line === 'string');
  return lines.length === value.length ? lines.join('') : undefined;
}

function readCell(value: Value, index: number, file: string): NotebookCell {
  if (!isMapping(value)) throw problem(file, `has a cell ${index + 1} that is no mapping`);
  const type = value.get('cell_type');
  const source = readSource(value.get('source'));
  if (type !== 'code' && type !== 'markdown' && type !== 'raw')
    throw problem(file, `has a cell ${index + 1} of unknown type`);
  if (source === undefined) throw problem(file, `has a cell ${index + 1} without source`);
  const id = value.get('id');
  const cell: NotebookCell = { type, source, metadata: jsonObject(value.get('metadata')), raw: value };
  if (typeof id === 'string') cell.id = id;
  return cell;
}

function textAt(value: Value | undefined, ...path: string[]): string | undefined {
  let current: Value | undefined = value;
  for (const key of path) current = isMapping(current) ? current.get(key) : undefined;
  return typeof current === 'string' ? current : undefined;
}

/** Reads a notebook of nbformat 4. Throws `E_NOTEBOOK_INVALID`; `file` is only named there. */
export function parseNotebook(text: string, file = 'notebook'): Notebook {
  if (text.length > LIMIT) throw problem(file, 'is larger than 256 MiB');
  let raw: Value;
  try {
    raw = parseJson(text.replace(/^\ufeff/, ''));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const conflict = /^[<=>]{7}/m.test(text) ? ' It holds marks of a merge conflict.' : '';
    throw problem(file, `is not a notebook: ${error.message}.${conflict}`);
  }
  if (!isMapping(raw)) throw problem(file, 'is not a notebook: it is no mapping');
  const format = raw.get('nbformat');
  if (format !== 4n)
    throw problem(file, `has nbformat ${typeof format === 'bigint' ? format : 'missing'}; only 4 can be read`);
  const cells = raw.get('cells');
  if (!isList(cells)) throw problem(file, 'has no list of cells');
  const minor = raw.get('nbformat_minor');
  const notebook: Notebook = {
    cells: cells.map((cell, index) => readCell(cell, index, file)),
    metadata: jsonObject(raw.get('metadata')),
    minor: typeof minor === 'bigint' ? Number(minor) : 0,
    raw
  };
  const kernel = textAt(raw, 'metadata', 'kernelspec', 'name');
  const language =
    textAt(raw, 'metadata', 'kernelspec', 'language') ?? textAt(raw, 'metadata', 'language_info', 'name');
  if (kernel !== undefined) notebook.kernel = kernel;
  if (language !== undefined) notebook.language = language.toLowerCase();
  return notebook;
}

function printString(text: string): string {
  return JSON.stringify(text);
}

function print(value: Value, pad: string): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return printString(value);
  if (typeof value === 'number')
    return Number.isFinite(value)
      ? pythonFloat(value)
      : Number.isNaN(value)
        ? 'NaN'
        : value < 0
          ? '-Infinity'
          : 'Infinity';
  if (value instanceof DateValue || value instanceof OpaqueValue) return printString(value.text);
  const inner = `${pad} `;
  if (isList(value)) {
    return value.length === 0 ? '[]' : `[\n${value.map(item => inner + print(item, inner)).join(',\n')}\n${pad}]`;
  }
  const entries = [...value].sort(([a], [b]) => compareCodePoints(keyText(a), keyText(b)));
  if (entries.length === 0) return '{}';
  return `{\n${entries.map(([key, item]) => `${inner}${printString(keyText(key))}: ${print(item, inner)}`).join(',\n')}\n${pad}}`;
}

/** Lines of a source as nbformat stores them: each with its newline, the last without. */
export function sourceLines(source: string): string[] {
  return source === '' ? [] : source.split(/(?<=\n)/);
}

/** Text of a notebook as Jupyter saves it: keys sorted, indent 1, a newline at the end. `raw` is printed; edit that. */
export function printNotebook(notebook: Pick<Notebook, 'raw'>): string {
  return `${print(notebook.raw, '')}\n`;
}
