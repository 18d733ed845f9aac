/** Modules of the project that a stage imports, transitively, found as files (N26). */
import { posix } from 'node:path';
import type { FunctionTable } from './functions.js';
import type { Program, Unit } from './program.js';
import { parseCell } from './python/cell.js';
import { argumentsOf } from './python/calls.js';
import { stringValue } from './python/literals.js';
import { dotted } from './python/sharing.js';
import type { Py } from './python/tree.js';

/** Text of a project file by its path in the project, null when there is none. */
export type ReadFile = (path: string) => string | null;

export interface ModulePlace {
  /** The notebook's folder in the project, '' for the root. */
  folder: string;
  read: ReadFile;
}

interface Imported {
  /** Dotted module; leading dots for relative imports. */
  module: string;
  /** Names of `from … import`, which may be modules too. */
  names: string[];
}

const imports = new WeakMap<Py, Imported[]>();

/** Imports anywhere in a piece of code, functions included. */
function importsIn(node: Py): Imported[] {
  const known = imports.get(node);
  if (known !== undefined) {
    return known;
  }
  const found: Imported[] = [];
  imports.set(node, found);
  for (const kid of node.walk()) {
    if (kid.type === 'import_statement') {
      kid.all('name').forEach(name => found.push({ module: (name.get('name') ?? name).text, names: [] }));
    } else if (kid.type === 'import_from_statement') {
      const names = kid.all('name').map(name => (name.get('name') ?? name).text);
      found.push({ module: (kid.get('module_name')?.text ?? '').replace(/\s+/g, ''), names });
    } else if (kid.type === 'call' && /^(importlib\.)?import_module$|^__import__$/.test(dotted(kid.get('function')))) {
      const [first] = argumentsOf(kid);
      const module = first === undefined ? undefined : stringValue(first);
      if (module !== undefined) {
        found.push({ module, names: [] });
      }
    }
  }
  return found;
}

/** Finds project modules; answers are kept for one analysis. */
export class Modules {
  private readonly closures = new Map<string, string[]>();
  private readonly texts = new Map<string, string | null>();
  private readonly folders: string[];

  constructor(
    private readonly place: ModulePlace,
    program: Program
  ) {
    this.folders = [
      place.folder,
      ...program.units.flatMap(pathEdits).map(text => posix.normalize(posix.join(place.folder, text)))
    ].filter(folder => folder !== '..' && !folder.startsWith('../'));
  }

  /** Project paths of the modules that these statements import, with all that those import. */
  of(units: Iterable<Unit>): Map<string, Unit> {
    const found = new Map<string, Unit>();
    for (const unit of units) {
      for (const imported of importsIn(unit.node)) {
        for (const file of this.files(imported, this.folders)) {
          this.closure(file).forEach(path => found.has(path) || found.set(path, unit));
        }
      }
    }
    return found;
  }

  /** Gives the functions of imported project modules to the table (N35). */
  addFunctions(units: readonly Unit[], table: FunctionTable): void {
    const added = new Set<string>();
    for (const unit of units) {
      for (const kid of importsIn(unit.node).length === 0 ? [] : unit.node.walk()) {
        if (kid.type === 'import_statement' || kid.type === 'import_from_statement') {
          this.addImported(kid, table, added);
        }
      }
    }
  }

  private addImported(node: Py, table: FunctionTable, added: Set<string>): void {
    const from = node.type === 'import_from_statement' ? (node.get('module_name')?.text ?? '') : null;
    for (const name of node.all('name')) {
      const target = (name.get('name') ?? name).text;
      const alias = name.get('alias')?.text;
      const module = from ?? target;
      const file =
        this.files({ module, names: from === null ? [] : [target] }, this.folders).at(0) ??
        this.find(module, this.folders);
      if (file === null || file === undefined) {
        continue;
      }
      this.addFile(file, module, table, added);
      table.alias(alias ?? target, from === null ? module : `${from}.${target}`);
    }
  }

  private addFile(file: string, module: string, table: FunctionTable, added: Set<string>): void {
    const text = this.text(file);
    if (added.has(file) || text === null) {
      return;
    }
    added.add(file);
    for (const statement of parseCell(text).statements) {
      statement.facts.functions.forEach(facts => table.add(facts, module));
    }
  }

  private text(path: string): string | null {
    const known = this.texts.get(path);
    if (known !== undefined) {
      return known;
    }
    const text = this.place.read(path);
    this.texts.set(path, text);
    return text;
  }

  /** Files of one import: packages on the way, the module, and submodules among the imported names. */
  private files({ module, names }: Imported, folders: readonly string[]): string[] {
    const parts = module.split('.');
    const found: string[] = [];
    parts.forEach((_, index) => {
      const file = this.find(parts.slice(0, index + 1).join('.'), folders);
      if (file !== null) {
        found.push(file);
      }
    });
    for (const name of names) {
      const file = this.find(`${module}.${name}`, folders);
      if (file !== null) {
        found.push(file);
      }
    }
    return [...new Set(found)].reverse();
  }

  private find(module: string, folders: readonly string[]): string | null {
    const path = module.split('.').join('/');
    for (const folder of folders) {
      for (const file of [`${path}.py`, `${path}/__init__.py`]) {
        const whole = posix.join(folder, file);
        if (!whole.startsWith('../') && this.text(whole) !== null) {
          return whole;
        }
      }
    }
    return null;
  }

  private closure(file: string): string[] {
    const known = this.closures.get(file);
    if (known !== undefined) {
      return known;
    }
    const seen = new Set<string>();
    const queue = [file];
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      const text = this.text(at);
      if (seen.has(at) || text === null) {
        continue;
      }
      seen.add(at);
      const folder = posix.dirname(at);
      for (const statement of parseCell(text).statements) {
        for (const imported of importsIn(statement.node)) {
          const { list, folders } = absolute(imported, folder, this.folders);
          list.forEach(one => queue.push(...this.files(one, folders)));
        }
      }
    }
    const list = [...seen];
    this.closures.set(file, list);
    return list;
  }
}

/** A relative import stands on the folder of its own file; `from . import a, b` names modules of that folder. */
function absolute(
  imported: Imported,
  folder: string,
  folders: readonly string[]
): { list: Imported[]; folders: readonly string[] } {
  const dots = /^\.*/.exec(imported.module)?.[0].length ?? 0;
  if (dots === 0) {
    return { list: [imported], folders };
  }
  const base = posix.normalize(posix.join(folder, ...Array.from({ length: dots - 1 }, () => '..')));
  const module = imported.module.slice(dots);
  const list =
    module === '' ? imported.names.map(name => ({ module: name, names: [] })) : [{ module, names: imported.names }];
  return { list, folders: [base] };
}

/** Constant `sys.path` edits of setup. */
function pathEdits(unit: Unit): string[] {
  return unit.facts.calls
    .filter(site => /^sys\.path\.(append|insert|extend)$/.test(site.callee))
    .flatMap(site => {
      const last = argumentsOf(site.node).at(-1);
      const inner = last?.type === 'call' ? argumentsOf(last).at(0) : last;
      const text = inner === undefined ? undefined : stringValue(inner);
      return text === undefined || text.startsWith('/') ? [] : [text];
    });
}
