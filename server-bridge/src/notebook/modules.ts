/** Modules of the project that a stage imports, transitively, found as files (N26). */
import { posix } from 'node:path';
import type { FunctionTable } from './functions.js';
import type { Program, Unit } from './program.js';
import { parseCell, type Statement } from './python/cell.js';
import { argumentsOf } from './python/calls.js';
import { stringValue } from './python/literals.js';
import { programsOf } from './python/programs.js';
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
  /** A file that is run as a program, relative to the notebook's folder. */
  script?: string;
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
    } else if (kid.type === 'call') {
      found.push(...programsOf(kid).map(({ module, script }) => ({ module: module ?? '', names: [], script })));
    }
  }
  return found;
}

/** Finds project modules; answers are kept for one analysis. */
export class Modules {
  private readonly closures = new Map<string, string[]>();
  private readonly texts = new Map<string, string | null>();
  private readonly folders: string[];
  private readonly scripts = new Set<string>();
  private readonly imported = new Map<Unit, readonly string[]>();
  private readonly found = new Map<string, string | null>();

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
      this.importedBy(unit).forEach(path => found.has(path) || found.set(path, unit));
    }
    return found;
  }

  private importedBy(unit: Unit): readonly string[] {
    const known = this.imported.get(unit);
    if (known !== undefined) {
      return known;
    }
    const files = importsIn(unit.node).flatMap(one => this.files(one, this.folders));
    const all = [...new Set(files.flatMap(file => this.closure(file)))];
    this.imported.set(unit, all);
    return all;
  }

  /** Tells the table what the imports of the notebook and its modules bind, and gives it the modules' functions (N35). */
  addFunctions(units: readonly Unit[], table: FunctionTable): void {
    const added = new Set<string>();
    for (const unit of units) {
      this.addImports(unit.node, '', table, added);
    }
  }

  private addImports(code: Py, owner: string, table: FunctionTable, added: Set<string>): void {
    if (importsIn(code).length === 0) {
      return;
    }
    for (const imported of importsIn(code).filter(one => one.script !== undefined)) {
      this.files(imported, this.folders).forEach(file => this.addFile(file, table, added));
    }
    for (const node of code.walk()) {
      if (node.type === 'import_statement') {
        node.all('name').forEach(name => this.addModule(name, owner, table, added));
      } else if (node.type === 'import_from_statement') {
        this.addNames(node, owner, table, added);
      }
    }
  }

  /** `import a.b` and `import a.b as c`. */
  private addModule(name: Py, owner: string, table: FunctionTable, added: Set<string>): void {
    const target = (name.get('name') ?? name).text;
    const file = this.find(target, this.foldersOf(owner));
    if (file !== null) {
      table.imports.alias(owner, name.get('alias')?.text ?? target, { file, name: '' });
      this.addFile(file, table, added);
    }
  }

  /** `from a import b as c`, where `b` is a module or a name of one, and `from a import *`. */
  private addNames(node: Py, owner: string, table: FunctionTable, added: Set<string>): void {
    const written = (node.get('module_name')?.text ?? '').replace(/\s+/g, '');
    const names = node.all('name');
    const plain = { module: written, names: names.map(name => (name.get('name') ?? name).text) };
    const dots = written.startsWith('.');
    const { folders } = dots ? absolute(plain, posix.dirname(owner), this.folders) : { folders: this.foldersOf(owner) };
    const module = written.replace(/^\.+/, '');
    const base = module === '' ? null : this.find(module, folders);
    if (base !== null) {
      this.addFile(base, table, added);
    }
    if (base !== null && node.kids.some(kid => kid.type === 'wildcard_import')) {
      table.imports.star(owner, base);
    }
    for (const name of names) {
      const target = (name.get('name') ?? name).text;
      const alias = name.get('alias')?.text ?? target;
      const inner = this.find(module === '' ? target : `${module}.${target}`, folders);
      if (inner !== null) {
        table.imports.alias(owner, alias, { file: inner, name: '' });
        this.addFile(inner, table, added);
      } else if (base !== null) {
        table.imports.alias(owner, alias, { file: base, name: target });
      }
    }
  }

  private foldersOf(owner: string): readonly string[] {
    return this.scripts.has(owner) ? [posix.dirname(owner), ...this.folders] : this.folders;
  }

  private addFile(file: string, table: FunctionTable, added: Set<string>): void {
    if (added.has(file)) {
      return;
    }
    added.add(file);
    for (const statement of this.statements(file)) {
      statement.facts.functions.forEach(facts => table.add(facts, file));
      statement.facts.classes.forEach(facts => table.held.add(facts));
      if (statement.kind !== 'import' && statement.kind !== 'definition') {
        table.addVariables(file, statement.facts.may);
      }
      this.addImports(statement.node, file, table, added);
    }
  }

  /** Top-level statements of a module or script of the project. */
  statements(file: string): readonly Statement[] {
    const text = this.text(file);
    return text === null ? [] : parseCell(text).statements;
  }

  /** Is it run as a program of its own, not imported? */
  isScript(file: string): boolean {
    return this.scripts.has(file);
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
  private files({ module, names, script }: Imported, folders: readonly string[]): string[] {
    if (script !== undefined) {
      const file = posix.normalize(posix.join(this.place.folder, script));
      if (file.startsWith('../') || this.text(file) === null) {
        return [];
      }
      this.scripts.add(file);
      return [file];
    }
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
    const key = `${module} ${folders.join(' ')}`;
    const known = this.found.get(key);
    if (known !== undefined) {
      return known;
    }
    const file = this.look(module, folders);
    this.found.set(key, file);
    return file;
  }

  private look(module: string, folders: readonly string[]): string | null {
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
          const { list, folders } = absolute(imported, folder, this.foldersOf(file));
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
