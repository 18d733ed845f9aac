/** Files in and out of a stage: what the code shows, what the tag adds and excludes (N2, N23–N27, N29, N30). */
import { posix } from 'node:path';
import type { OutKind } from '../protocol/tag.js';
import { patternsOf, type Pattern } from './file-pattern.js';
import { cellName, type moveToSetup, type Problems } from './problems.js';
import type { NotebookText } from './notebook.js';
import type { Unit } from './program.js';
import type { FileEvent } from './scan.js';

export interface FileIn {
  path: string;
  how: string;
  cell: number | null;
  row: number | null;
  added: boolean;
  excluded: boolean;
}

export interface FileOut extends FileIn {
  kind: OutKind;
}

export interface Files {
  reads: Map<string, FileIn>;
  writes: Map<string, FileOut>;
  ignore: string[];
  /** Reads without which the code goes on: deps only while the file is there. */
  optional: Set<string>;
  /** Paths of which the code only asks whether they are there. */
  checked: Map<string, FileIn>;
  /** Folders that are read → what in them is meant, null where the text does not tell. */
  listed: Map<string, (Pattern | null)[]>;
}

export interface FilePlace {
  /** The notebook's folder, relative to the project's root; '' for the root itself. */
  folder: string;
  /** Absolute root of the project, where known. */
  root: string | null;
}

interface StageFiles {
  stage: string;
  /** Slice statements first, then the stage's own, in order. */
  events: FileEvent[];
  own: ReadonlySet<Unit>;
  /** Folder set by `os.chdir` in setup, '' for none. */
  base: string;
  /** Its statements change what databases hold. */
  changesData: boolean;
}

/** Sorts the accesses of a stage into reads and writes; what cannot be is a problem at its cell. */
export function stageFiles(input: StageFiles, place: FilePlace, problems: Problems, notebook: NotebookText): Files {
  const files: Files = {
    reads: new Map(),
    writes: new Map(),
    ignore: [],
    optional: new Set(),
    checked: new Map(),
    listed: new Map()
  };
  const required = new Set<string>();
  for (const event of input.events.map(one => settled(one, input.changesData))) {
    if (event === null || event.text === null) {
      continue;
    }
    const path = normal(event, input.base, place);
    if (path === null) {
      if (event.mode !== 'check' && event.mode !== 'remove') {
        outside(event, input.stage, problems);
      }
    } else if (event.mode === 'check') {
      files.checked.set(path, foundAt(event, path));
    } else if (event.mode === 'remove') {
      forget(path, files);
    } else if (!input.own.has(event.unit) && event.mode !== 'read' && event.mode !== 'list') {
      setupWrites(event, path, input.stage, problems, notebook);
    } else {
      (event.optional ? files.optional : required).add(path);
      if (event.mode === 'list' || event.mode === 'read') {
        files.listed.set(path, [...(files.listed.get(path) ?? []), ...patternsOf(event, input.base, place)]);
      }
      take(event, path, input.stage, files, problems);
    }
  }
  for (const path of files.checked.keys()) {
    files.optional.add(path);
    required.delete(path);
  }
  required.forEach(path => files.optional.delete(path));
  return files;
}

/** What the stage made and takes away again is no out; where it is made once more afterwards it is. */
function forget(path: string, files: Files): void {
  for (const made of files.writes.keys()) {
    if (made === path || made.startsWith(`${path}/`)) {
      files.writes.delete(made);
    }
  }
}

/** A database is read, or written where the stage changes it; null for one in memory. */
function settled(event: FileEvent, changesData: boolean): FileEvent | null {
  if (event.mode !== 'database') {
    return event;
  }
  const text = event.text?.replace(/^(sqlite|duckdb):\/\/\/?/, '').replace(/^file:([^?]*).*$/, '$1') ?? null;
  const mode = changesData ? 'write' : 'read';
  return text === '' || text === ':memory:' ? null : { ...event, text, mode };
}

function foundAt(event: FileEvent, path: string): FileIn {
  return { path, how: event.how, cell: event.unit.cell, row: event.row, added: false, excluded: false };
}

function take(event: FileEvent, path: string, stage: string, files: Files, problems: Problems): void {
  const found = foundAt(event, path);
  const at = { cell: event.unit.cell, row: event.row, stage, path };
  switch (event.mode) {
    case 'read':
    case 'list':
      if (!files.writes.has(path) && !files.reads.has(path)) {
        files.reads.set(path, found);
      }
      return;
    case 'append':
      if (!files.writes.has(path)) {
        problems.add({
          ...at,
          code: 'E_APPEND',
          message: `\`${path}\` is opened for appending; a stage that runs again would append twice.`,
          next: 'Open it with mode "w", or write the whole file.'
        });
      }
      return;
    case 'update':
    case 'write': {
      const cached = files.optional.has(path) || files.checked.has(path);
      if ((files.reads.has(path) && !cached) || (event.mode === 'update' && !files.writes.has(path))) {
        problems.add({
          ...at,
          code: 'E_REWRITES_INPUT',
          message: `The stage \`${stage}\` rewrites its own input \`${path}\`.`,
          next: 'Write the result under another name.'
        });
        return;
      }
      // What is read only where it is there, and else made, is an out: each run begins without it.
      files.reads.delete(path);
      if (!files.writes.has(path)) {
        files.writes.set(path, { ...found, kind: outKind(path) });
      }
      return;
    }
    default:
  }
}

/**
 * Takes out what the code does without (N23): a file that is not there is no dep, and becomes one when it comes. A file that
 * is only asked about is a dep while it is there, unless a stage of the notebook makes it.
 */
export function settleOptional(
  files: Files,
  kind: (path: string) => 'file' | 'folder' | null,
  made: ReadonlySet<string>
): void {
  for (const path of files.optional) {
    const read = files.reads.get(path);
    if (read !== undefined && !read.added && !made.has(path) && kind(path) === null) {
      files.reads.delete(path);
    }
  }
  for (const [path, found] of files.checked) {
    if (!files.reads.has(path) && !made.has(path) && kind(path) === 'file') {
      const excluded = files.ignore.includes(path);
      files.reads.set(path, { ...found, excluded });
    }
  }
}

function setupWrites(event: FileEvent, path: string, stage: string, problems: Problems, notebook: NotebookText): void {
  const { unit } = event;
  problems.add({
    code: 'E_SETUP_WRITES',
    message: `Setup writes \`${path}\` (\`${event.how}\`), which would happen again in every stage.`,
    next: 'Make this cell a stage.',
    cell: unit.cell,
    row: event.row,
    stage,
    path,
    fixes: [stageFix(notebook, unit.cell)]
  });
}

function stageFix(notebook: NotebookText, cell: number): ReturnType<typeof moveToSetup> {
  const id = notebook.cells[cell]?.id ?? null;
  const stage = `stage-${cell + 1}`;
  return { label: `Make it the stage ${stage}`, edits: [{ edit: 'tag', cell, id, tag: { role: 'stage', stage } }] };
}

function outside(event: FileEvent, stage: string, problems: Problems): void {
  const kind = /^[a-z][a-z0-9+.-]+:\/\//i.test(event.text ?? '') ? 'an address on the network' : 'outside the project';
  problems.add({
    code: 'W_OUTSIDE',
    severity: 'warning',
    message: `\`${event.text ?? ''}\` is ${kind}: a change of it is not noticed.`,
    next: 'Import it into the project.',
    cell: event.unit.cell,
    row: event.row,
    stage
  });
}

/** The path relative to the notebook's folder; null when it is a URL or outside the project. */
function normal(event: FileEvent, base: string, place: FilePlace): string | null {
  let text = event.text ?? '';
  if (text === '' || /^[a-z][a-z0-9+.-]+:\/\//i.test(text) || text.startsWith('~') || /^[A-Za-z]:[\\/]/.test(text)) {
    return null;
  }
  if (event.ending !== '' && !posix.basename(text).includes('.')) {
    text += event.ending;
  }
  if (event.mode === 'list' || /[*?[]/.test(text)) {
    text = text.replace(/\/?[^/]*[*?[].*$/, '') || '.';
  }
  return relativePath(text, base, place);
}

/** `text` as written in the code → relative to the notebook's folder, without `.` and `..` where possible. */
export function relativePath(text: string, base: string, place: FilePlace): string | null {
  if (text.startsWith('/')) {
    if (place.root === null) {
      return null;
    }
    const from = posix.join(place.root, place.folder);
    const relative = posix.relative(from, text);
    return inProject(relative, place) ? relative || '.' : null;
  }
  const joined = posix.normalize(posix.join(base, text)).replace(/(?<=.)\/$/, '');
  return inProject(joined, place) ? joined : null;
}

function inProject(relative: string, place: FilePlace): boolean {
  const whole = posix.normalize(posix.join(place.folder, relative));
  return whole !== '..' && !whole.startsWith('../');
}

/** N30: metrics, images and curves by their name. */
export function outKind(path: string): OutKind {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (/metrics.*\.(json|ya?ml)$/i.test(name)) {
    return 'metric';
  }
  const curve = /(curve|roc|loss|history|precision_recall|confusion|plot)[^/]*\.(csv|tsv|json)$/i;
  return /\.(png|jpe?g|svg|gif|webp)$/i.test(name) || curve.test(name) ? 'plot' : 'out';
}

/** Joins what the tags of a stage's cells add and exclude (N2); one out with two kinds names both cells. */
export function applyTags(
  files: Files,
  tags: readonly { cell: number; deps: string[]; outs: { path: string; kind: OutKind | null }[]; ignore: string[] }[],
  stage: string,
  place: FilePlace,
  problems: Problems
): void {
  const kinds = new Map<string, { kind: OutKind; cell: number }>();
  const read = (path: string, cell: number): string | null => {
    const normalised = relativePath(path, '', place);
    if (normalised === null) {
      problems.add({
        code: 'E_OUTSIDE',
        message: `\`${path}\` in the tag lies outside the project.`,
        next: 'Remove it from the tag.',
        cell,
        stage,
        path
      });
    }
    return normalised;
  };
  for (const { cell, deps, outs, ignore } of tags) {
    for (const path of deps.map(dep => read(dep, cell)).filter(one => one !== null)) {
      files.optional.delete(path);
      if (!files.reads.has(path)) {
        files.reads.set(path, { path, how: 'tag', cell, row: null, added: true, excluded: false });
      }
    }
    for (const out of outs) {
      const path = read(out.path, cell);
      if (path === null) {
        continue;
      }
      const before = kinds.get(path);
      if (out.kind !== null && before !== undefined && before.kind !== out.kind) {
        problems.add({
          code: 'E_OUT_KINDS',
          message: `\`${path}\` is ${before.kind} in ${cellName(before.cell)} and ${out.kind} in ${cellName(cell)}.`,
          next: 'Give it one kind.',
          cell,
          stage,
          path
        });
      } else if (out.kind !== null) {
        kinds.set(path, { kind: out.kind, cell });
      }
      const known = files.writes.get(path) ?? {
        path,
        how: 'tag',
        cell,
        row: null,
        added: true,
        excluded: false,
        kind: outKind(path)
      };
      files.reads.delete(path);
      files.writes.set(path, { ...known, kind: out.kind ?? known.kind });
    }
    for (const path of ignore.map(one => read(one, cell)).filter(one => one !== null)) {
      files.ignore.push(path);
      const dep = files.reads.get(path);
      const out = files.writes.get(path);
      if (dep !== undefined) {
        dep.excluded = true;
      }
      if (out !== undefined) {
        out.excluded = true;
      }
    }
  }
}
