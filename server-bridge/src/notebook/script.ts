/** Text of a stage script: header, slice, blocks (N9); reading it back and telling a reformatted one from an edited one (N10). */
import { md5Hex } from '../hash/md5.js';
import { SCRIPT_BLOCK_MARK, SCRIPT_HEADER_PREFIX, SCRIPT_LINE_2, ScriptHeader } from '../protocol/script.js';
import type { Cell, Stage, Unit } from './program.js';
import type { ParsedCell } from './python/cell.js';
import { emit, type EmittedLine } from './python/emit.js';
import { parsePython } from './python/parse.js';
import type { Py } from './python/tree.js';

/** Number of the runner's semantics that scripts ask for (N47). */
export const SEMANTICS = 1;

export interface LineOrigin {
  /** Line in the script, from 1. */
  line: number;
  cell: number;
  /** Row in the cell, from 0. */
  row: number;
}

export interface ScriptText {
  /** Everything after line 1. */
  body: string;
  /** First line of each block in the whole file. */
  blocks: number[];
  /** Cell of each block. */
  blockCells: number[];
  lines: LineOrigin[];
}

interface Piece extends EmittedLine {
  cell: number;
}

/** Lays out slice and blocks; statements of other cells between two cells of the stage stand before the later one. */
export function layOut(stage: Stage, included: ReadonlySet<Unit>, cells: readonly Cell[]): ScriptText {
  const others = [...included].sort((a, b) => a.index - b.index);
  const future = [...others, ...stage.units].filter(unit => unit.node.type === 'future_import_statement');
  const out: string[] = [SCRIPT_LINE_2];
  const lines: LineOrigin[] = [];
  const add = (piece: Piece): void => {
    out.push(piece.text);
    lines.push({ line: out.length + 1, cell: piece.cell, row: piece.row });
  };
  const seen = new Set<string>();
  for (const piece of future.flatMap(unit => unitLines(unit, cells))) {
    if (!seen.has(piece.text)) {
      seen.add(piece.text);
      add(piece);
    }
  }
  const rest = others.filter(unit => !future.includes(unit));
  const blocks: number[] = [];
  const blockCells: number[] = [];
  let next = 0;
  const until = (index: number): Piece[] => {
    const pieces: Piece[] = [];
    for (let unit = rest[next]; unit !== undefined && unit.index < index; unit = rest[++next]) {
      pieces.push(...unitLines(unit, cells));
    }
    return pieces;
  };
  until(stage.units[0]?.index ?? 0).forEach(add);
  for (const cell of stage.cells) {
    const between = until(cell.units[0]?.index ?? -1);
    const own = blockLines(cell);
    if (own.length === 0) {
      continue;
    }
    out.push(SCRIPT_BLOCK_MARK);
    blocks.push(out.length + 2);
    blockCells.push(cell.index);
    [...between, ...own].forEach(add);
  }
  return { body: `${out.join('\n')}\n`, blocks, blockCells, lines };
}

const laidOut = new WeakMap<Unit, Piece[]>();

/** Many stages hold the same statements of setup: their lines are made once. */
function unitLines(unit: Unit, cells: readonly Cell[]): Piece[] {
  const parsed = cells[unit.cell]?.parsed;
  const known = laidOut.get(unit);
  if (known !== undefined || parsed == null) {
    return known ?? [];
  }
  const made = pieces(parsed, emit(parsed.tree, unit.node.start, unit.node.end), unit.cell);
  laidOut.set(unit, made);
  return made;
}

/** The whole cell, without what is hoisted. */
function blockLines(cell: Cell): Piece[] {
  const { parsed } = cell;
  if (parsed === null) {
    return [];
  }
  const hoisted = cell.units.filter(unit => unit.node.type === 'future_import_statement').map(unit => unit.node);
  return pieces(parsed, emit(parsed.tree, 0, parsed.tree.source.length, hoisted), cell.index);
}

/** Lines with the magics that run put back as they are written. */
function pieces(parsed: ParsedCell, lines: readonly EmittedLine[], cell: number): Piece[] {
  return lines.flatMap(line => {
    const raw = parsed.raw.get(line.row);
    return (raw ?? line.text).split('\n').map(text => ({ text, row: line.row, cell }));
  });
}

/** The whole script; `facts` are the header's fields but blocks and MD5. */
export function printScript(text: ScriptText, facts: Omit<ScriptHeader, 'v' | 'semantics' | 'blocks' | 'md5'>): string {
  const header: ScriptHeader = {
    v: 1,
    semantics: SEMANTICS,
    notebook: facts.notebook,
    stage: facts.stage,
    vars_in: sorted(facts.vars_in),
    vars_out: sorted(facts.vars_out),
    files_in: [...facts.files_in].sort(),
    files_out: [...facts.files_out].sort(),
    ignore: [...facts.ignore].sort(),
    params: sorted(facts.params),
    outputs: facts.outputs,
    blocks: text.blocks,
    bound_in: sorted(facts.bound_in),
    ...(facts.apart === undefined ? {} : { apart: facts.apart }),
    md5: md5Hex(text.body)
  };
  return `${SCRIPT_HEADER_PREFIX}${asciiJson(header)}\n${text.body}`;
}

/** The same script under another header; its MD5 stays, since the text below line 1 does. */
export function reprintHeader(script: string, header: ScriptHeader): string {
  return `${SCRIPT_HEADER_PREFIX}${asciiJson(header)}\n${script.slice(script.indexOf('\n') + 1)}`;
}

function sorted<T>(map: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  );
}

export type ScriptState = 'good' | 'reformatted' | 'conflict' | 'edited' | 'foreign';

export interface ReadScript {
  state: ScriptState;
  header: ScriptHeader | null;
  body: string;
}

/** Reads a script from disk; `edited` means that a person changed its code (N10). */
export function readScript(text: string, made: string | null = null): ReadScript {
  const plain = text.replace(/\r\n/g, '\n');
  const end = plain.indexOf('\n');
  const body = end < 0 ? '' : plain.slice(end + 1);
  const header = readHeader(end < 0 ? plain : plain.slice(0, end));
  if (/^(<{7}|={7}|>{7})( |$)/m.test(plain)) {
    return { state: 'conflict', header, body };
  }
  if (header === null) {
    return { state: 'foreign', header, body };
  }
  if (md5Hex(body) === header.md5 && plain === text) {
    return { state: 'good', header, body };
  }
  const same = md5Hex(body) === header.md5 || (made !== null && sameCode(made, body));
  return { state: same ? 'reformatted' : 'edited', header, body };
}

function readHeader(line: string): ScriptHeader | null {
  if (!line.startsWith(SCRIPT_HEADER_PREFIX)) {
    return null;
  }
  try {
    const read = ScriptHeader.safeParse(JSON.parse(line.slice(SCRIPT_HEADER_PREFIX.length)));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}

/** Equal code but for layout, comments, quotes and redundant brackets. */
export function sameCode(left: string, right: string): boolean {
  return left === right || shape(left) === shape(right);
}

function shape(text: string): string {
  const tree = parsePython(text);
  return tree.errorRow !== null ? text : tree.statements.map(shapeOf).join('\n');
}

function shapeOf(node: Py): string {
  if (node.type === 'parenthesized_expression' && node.kids.length === 1) {
    return node.kids.map(shapeOf).join('');
  }
  if (node.type === 'string_start') {
    return node.text.replace(/['"]/g, '').toLowerCase().replace('u', '');
  }
  if (node.type === 'string_end') {
    return '';
  }
  if (node.kids.length === 0) {
    return `${node.type}:${node.text}`;
  }
  const operators = [
    'binary_operator',
    'comparison_operator',
    'boolean_operator',
    'augmented_assignment',
    'unary_operator',
    'function_definition',
    'for_statement',
    'with_statement',
    'for_in_clause'
  ];
  const sign = operators.includes(node.type) ? gaps(node) : '';
  return `${node.type}${sign}(${node.kids.map(shapeOf).join(',')})`;
}

/** Text between the kids: the operators. */
function gaps(node: Py): string {
  let at = node.start;
  let text = '';
  for (const kid of node.kids) {
    text += `${node.source.slice(at, kid.start).replace(/[\s()\\]/g, '')} `;
    at = kid.end;
  }
  return text;
}
