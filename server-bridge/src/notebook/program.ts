/** The notebook as one program: its statements in order, and which binding of a name is in force where (N13, N34). */
import type { Statement, ParsedCell } from './python/cell.js';
import { parseCell } from './python/cell.js';
import { notebookTag, roleOf, type CellRole, type NotebookText } from './notebook.js';
import type { ShareEdge } from './python/facts.js';
import type { Py } from './python/tree.js';

/** One top-level statement that the pipeline may use. */
export interface Unit extends Statement {
  /** Place in the program. */
  index: number;
  cell: number;
  role: 'setup' | 'automatic' | 'params' | 'stage' | 'scratch';
  stage: string | null;
  /** It is a parameter: an assignment of a literal in a params cell (N31). */
  param: boolean;
  /** Names that it changes in place, by its own text and by the functions it calls; filled by `changes.ts`. */
  changed: Map<string, number>;
  /** Names that it makes new objects of, then names that may be one object after it; filled by `changes.ts`. */
  renewed: string[];
  /** Names that it binds to values in which nothing can change; filled by `changes.ts`. */
  plain: ReadonlySet<string>;
  joined: ShareEdge[];
  /** Sets state for all later stages, also through functions it calls (N17). */
  state: boolean;
}

export interface Binding {
  unit: Unit;
  how: 'bind' | 'may' | 'change' | 'delete';
}

export interface Cell {
  index: number;
  role: CellRole;
  parsed: ParsedCell | null;
  units: Unit[];
  /** Not Python, and nobody said that the kernel accepts it. */
  broken: boolean;
}

export interface Stage {
  name: string;
  cells: Cell[];
  units: Unit[];
}

export interface Program {
  cells: Cell[];
  /** Units of setup, automatic, params and stage cells. */
  units: Unit[];
  /** Statements of untagged cells that are in no pipeline. */
  scratch: Unit[];
  stages: Map<string, Stage>;
  bindings: Map<string, Binding[]>;
  prefix: string;
}

export interface ProgramOptions {
  /** Does the kernel's own `ast` accept this source? Undefined when nobody asked. */
  accepts?: (source: string) => boolean | undefined;
}

/** Reads all cells; `changed`, `state` and the `change` bindings are still to be found by `findChanges`. */
export function readProgram(notebook: NotebookText, options: ProgramOptions = {}): Program {
  const cells = notebook.cells.map((cell, index) => {
    const role = roleOf(cell);
    const parsed = cell.type === 'code' ? parseCell(cell.source) : null;
    const broken = parsed?.tree.errorRow != null && options.accepts?.(cell.source) !== true;
    return { index, role, parsed, units: [] as Unit[], broken };
  });
  const mentioned = mentions(cells);
  const program: Program = {
    cells,
    units: [],
    scratch: [],
    stages: new Map(),
    bindings: new Map(),
    prefix: notebookTag(notebook.metadata).tag?.params_prefix ?? ''
  };
  for (const cell of cells) {
    addCell(program, cell, mentioned);
  }
  ownBases(program);
  return program;
}

/** All names that any code mentions, for imports that nobody names (N3, N16). */
function mentions(cells: readonly Cell[]): Set<string> {
  const names = new Set<string>();
  for (const statement of cells.flatMap(cell => cell.parsed?.statements ?? [])) {
    for (const rows of [statement.facts.reads, statement.facts.deferred]) {
      for (const name of rows.keys()) {
        names.add(name);
      }
    }
    statement.facts.soft.forEach(name => names.add(name));
    statement.facts.hinted.forEach(name => names.add(name));
  }
  return names;
}

function addCell(program: Program, cell: Cell, mentioned: ReadonlySet<string>): void {
  const { role, stage } = cell.role;
  if (cell.parsed === null || role === 'exclude') {
    return;
  }
  for (const statement of cell.parsed.statements) {
    const named = statement.kind !== 'import' || names(statement).some(name => mentioned.has(name));
    const automatic = role === null && !cell.broken && isAutomatic(statement) && named;
    const unit: Unit = {
      ...statement,
      index: program.units.length,
      cell: cell.index,
      role: role ?? (automatic ? 'automatic' : 'scratch'),
      stage,
      param: role === 'params' && isParam(statement.node),
      changed: new Map(),
      renewed: [],
      plain: new Set(),
      joined: [],
      state: false,
      act: statement.act || (!named && !quiet(statement.node))
    };
    cell.units.push(unit);
    if (unit.role === 'scratch') {
      program.scratch.push(unit);
      continue;
    }
    program.units.push(unit);
    addBindings(program, unit);
    if (stage !== null) {
      addToStage(program, stage, cell, unit);
    }
  }
  if (stage !== null && !program.stages.has(stage)) {
    program.stages.set(stage, { name: stage, cells: [], units: [] });
  }
  const owner = stage === null ? undefined : program.stages.get(stage);
  if (owner !== undefined && !owner.cells.includes(cell)) {
    owner.cells.push(cell);
  }
}

function addToStage(program: Program, name: string, cell: Cell, unit: Unit): void {
  const stage = program.stages.get(name) ?? { name, cells: [], units: [] };
  program.stages.set(name, stage);
  if (!stage.cells.includes(cell)) {
    stage.cells.push(cell);
  }
  stage.units.push(unit);
}

function addBindings(program: Program, unit: Unit): void {
  const add = (name: string, how: Binding['how']): void => {
    const list = program.bindings.get(name) ?? [];
    program.bindings.set(name, list);
    list.push({ unit, how });
  };
  for (const name of unit.facts.may) {
    add(name, unit.facts.must.has(name) ? 'bind' : 'may');
  }
  unit.facts.deletes.forEach(name => add(name, 'delete'));
}

export function names(statement: Statement): string[] {
  return [...statement.facts.may];
}

/** Imports that are named somewhere, undecorated definitions and those with pure decorators count as setup (N3). */
function isAutomatic(statement: Statement): boolean {
  return (statement.kind === 'import' || statement.kind === 'definition') && !statement.act;
}

/** `name = literal`, also with an annotation (N31). */
function isParam(node: Py): boolean {
  const only = node.type === 'expression_statement' && node.kids.length === 1 ? node.kids[0] : undefined;
  const value = only?.type === 'assignment' ? only.get('right') : undefined;
  return value !== undefined && only?.get('left')?.type === 'identifier' && isLiteral(value);
}

function isLiteral(node: Py): boolean {
  if (['integer', 'float', 'true', 'false', 'none'].includes(node.type)) {
    return true;
  }
  if (node.type === 'string' || node.type === 'concatenated_string') {
    return ![...node.walk()].some(
      kid => kid.type === 'interpolation' || (kid.type === 'string_start' && /b/i.test(kid.text))
    );
  }
  if (node.type === 'unary_operator') {
    return node.text.startsWith('-') && node.kids.every(isLiteral);
  }
  return ['list', 'dictionary', 'pair', 'parenthesized_expression'].includes(node.type) && node.kids.every(isLiteral);
}

const QUIET = new Set(
  `abc argparse ast asyncio base64 bisect calendar collections concurrent contextlib copy csv dataclasses datetime decimal
   difflib enum fractions functools gc glob gzip hashlib heapq html http importlib inspect io itertools json logging math
   multiprocessing numbers operator os pathlib pickle platform pprint queue random re shutil signal socket sqlite3 statistics
   string struct subprocess sys tempfile textwrap threading time timeit traceback typing types unittest urllib uuid warnings
   weakref xml zipfile zlib numpy pandas scipy sklearn matplotlib joblib tqdm pyarrow polars requests yaml PIL cv2 networkx
   statsmodels xgboost lightgbm torch tensorflow IPython __future__`
    .split(/\s+/)
    .filter(Boolean)
);

/** Imports without effects that matter: the standard library and known pure packages (N16). */
function quiet(node: Py): boolean {
  const module = node.get('module_name') ?? node.get('name');
  const path = module?.type === 'aliased_import' ? module.get('name')?.text : module?.text;
  return QUIET.has((path ?? '').split('.')[0] ?? '') || node.type === 'future_import_statement';
}

/** A class is an act when one of its bases is neither known to be plain nor a plain class of the notebook (N15). */
function ownBases(program: Program): void {
  const acting = new Set<string>();
  const plain = new Set<string>();
  for (const unit of program.units.filter(one => one.facts.classes.length > 0)) {
    const odd = unit.bases.some(base => acting.has(base) || !plain.has(base));
    unit.act = unit.act || odd;
    names(unit).forEach(name => (unit.act ? acting : plain).add(name));
  }
}

/** Bindings of `name` before unit `at`, newest first. */
export function* inForce(program: Program, name: string, at: number): Generator<Binding, undefined> {
  const list = program.bindings.get(name) ?? [];
  for (let place = before(list, at) - 1; place >= 0; place--) {
    const binding = list[place];
    if (binding !== undefined) {
      yield binding;
    }
  }
}

/** The newest binding of `name` before unit `at` that passes the test. */
export function newestWhere(
  program: Program,
  name: string,
  at: number,
  test: (binding: Binding) => boolean
): Binding | undefined {
  const list = program.bindings.get(name) ?? [];
  for (let place = before(list, at) - 1; place >= 0; place--) {
    const binding = list[place];
    if (binding !== undefined && test(binding)) {
      return binding;
    }
  }
  return undefined;
}

/** The newest binding of `name` before unit `at`. */
export function newestBinding(program: Program, name: string, at: number): Binding | undefined {
  const list = program.bindings.get(name);
  return list?.[before(list, at) - 1];
}

/** Number of bindings before unit `at`; most names have one or two. */
function before(list: readonly Binding[], at: number): number {
  let end = list.length;
  while (end > 0 && (list[end - 1]?.unit.index ?? 0) >= at) {
    end--;
  }
  return end;
}
