/**
 * The trash (I3): `.dvc/tmp/cellar/trash/<operation>/`, one folder an operation, on the project's file system. Whatever
 * an operation takes away goes here first, under the path that it had, so that it can be put back.
 */
import { randomBytes } from 'node:crypto';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { fieldsOf, listOf, NoteError, oneOf, textOf } from '../formats/notes.js';
import { CellarError } from '../protocol/errors.js';
import { diskError } from './failures.js';
import {
  copyFileSync,
  fsyncDirSync,
  isErrno,
  lstatSync,
  mkdirSync,
  readdirSync,
  readTextIfSync,
  removeTreeSync,
  renameSync,
  rmdirSync,
  constants
} from './files.js';
import { publishFile } from './publish.js';

/** `kept` are absolute paths; `stored` is the name inside the operation's folder. */
export interface Trashed {
  path: string;
  stored: string;
}

export interface Trash {
  /** Moves a file, link or tree aside; null when there is nothing there. Durable: the plan is on disk before the move. */
  move(path: string): Trashed | null;
  /** `move` for many with one plan; those that are not there are left out. */
  moveAll(paths: readonly string[]): Trashed[];
  /** Puts everything back whose place is free. Returns what came back and what stays here because its place is taken. */
  restore(): { restored: string[]; left: Trashed[] };
  /** What is still here. */
  items(): Trashed[];
  /** Forgets the operation for good. */
  drop(): void;
  readonly folder: string;
  readonly operation: string;
}

/** A new operation id: sortable by time, unique. */
export function newOperation(kind: string): string {
  return `${new Date().toISOString().replace(/[-:]/g, '').slice(0, 15)}-${kind}-${randomBytes(4).toString('hex')}`;
}

/** Opens (making it at the first `move`) the trash folder of one operation below `<tmpDir>/cellar/trash`. */
export function openTrash(tmpDir: string, operation: string): Trash {
  if (!/^[A-Za-z0-9._-]{1,120}$/.test(operation) || operation.startsWith('.')) {
    throw new CellarError('E_BAD_OPERATION', `'${operation}' is not the name of an operation.`);
  }
  const folder = trashFolder(tmpDir, operation);
  const plan = join(folder, 'items.json');
  let items = readItems(plan);
  const save = (next: Trashed[]): void => {
    publishFile(plan, JSON.stringify({ version: 1, items: next }), { mode: 0o600 });
    items = next;
  };
  const moveAll = (paths: readonly string[]): Trashed[] => {
    try {
      const there = paths.filter(path => lstatSync(path) !== null);
      const moved = there.map((path, i) => ({ path, stored: String(items.length + i) }));
      if (moved.length > 0) {
        save([...items, ...moved]);
      }
      moved.forEach(item => moveAny(item.path, join(folder, item.stored)));
      if (moved.length > 0) {
        fsyncDirSync(folder);
      }
      return moved;
    } catch (error) {
      throw diskError(error, folder);
    }
  };
  return {
    folder,
    operation,
    moveAll,
    items: () => items.filter(item => lstatSync(join(folder, item.stored)) !== null),
    move: path => moveAll([path])[0] ?? null,
    restore() {
      const restored: string[] = [];
      const left: Trashed[] = [];
      try {
        // The last one moved comes back first: a folder's members may have been moved before the folder.
        for (const item of [...items].reverse()) {
          const stored = join(folder, item.stored);
          if (lstatSync(stored) === null) {
            continue;
          }
          if (lstatSync(item.path) !== null) {
            left.push(item);
            continue;
          }
          mkdirSync(dirname(item.path));
          moveAny(stored, item.path);
          fsyncDirSync(dirname(item.path));
          restored.push(item.path);
        }
      } catch (error) {
        throw diskError(error, folder);
      }
      if (left.length === 0) {
        removeTreeSync(folder);
      } else {
        save(items); // whoever is told of them now has the whole time to look at them
      }
      return { restored, left };
    },
    drop: () => removeTreeSync(folder)
  };
}

/** Where the trash of an operation lies. */
export function trashFolder(tmpDir: string, operation: string): string {
  return join(tmpDir, 'cellar', 'trash', operation);
}

/** The operations that still have something in the trash, oldest first. */
export function listTrash(tmpDir: string): string[] {
  try {
    return readdirSync(join(tmpDir, 'cellar', 'trash'))
      .filter(name => !name.startsWith('.'))
      .sort();
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      return [];
    }
    throw error;
  }
}

function readItems(plan: string): Trashed[] {
  const text = readTextIfSync(plan);
  if (text === null) {
    return [];
  }
  try {
    const { version, items } = fieldsOf(JSON.parse(text), 'trash', ['version', 'items']);
    oneOf(version, 'trash.version', [1]);
    return listOf(items, 'trash.items', itemOf);
  } catch (error) {
    throw new CellarError('E_TRASH_CORRUPT', `The list of what lies in '${dirname(plan)}' cannot be read.`, {
      next: `Look into that folder, take out what you need, then remove it.`,
      at: { path: plan },
      cause: error
    });
  }
}

/** A number inside of the operation's folder, and where it came from: a list that was tampered with leads nowhere else. */
function itemOf(value: unknown, what: string): Trashed {
  const { path, stored } = fieldsOf(value, what, ['path', 'stored']);
  const item = { path: textOf(path, `${what}.path`), stored: textOf(stored, `${what}.stored`) };
  if (!isAbsolute(item.path)) {
    throw new NoteError(`${what}.path`, 'an absolute path');
  }
  if (!/^\d{1,15}$/.test(item.stored)) {
    throw new NoteError(`${what}.stored`, 'a number');
  }
  return item;
}

/** Rename, or across file systems copy whole, then remove the original. */
function moveAny(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isErrno(error, 'EXDEV')) {
      throw error;
    }
    copyTree(from, to);
    removeTreeSync(from);
  }
}

function copyTree(from: string, to: string): void {
  const facts = lstatSync(from);
  if (facts?.isDirectory() === true) {
    mkdirSync(to);
    for (const name of readdirSync(from)) {
      copyTree(join(from, name), join(to, name));
    }
    return;
  }
  copyFileSync(from, to, constants.COPYFILE_EXCL);
}

/** Removes directories upward from `folder` while they are empty, never `stop` itself. */
export function removeEmptyAbove(folder: string, stop: string): void {
  let at = folder;
  while (at !== stop && relative(stop, at) !== '' && !relative(stop, at).startsWith('..' + sep)) {
    try {
      rmdirSync(at);
    } catch (error) {
      if (isErrno(error, 'ENOTEMPTY', 'EEXIST', 'EBUSY')) {
        return;
      }
      if (!isErrno(error, 'ENOENT')) {
        throw error;
      }
    }
    at = dirname(at);
  }
}
