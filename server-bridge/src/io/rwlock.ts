/**
 * The registry of paths that running commands read and write, shared with real DVC (spec/dvc-data.md §1.5):
 * `.dvc/tmp/rwlock`, edited under `rwlock.lock`. `dvc repro` drops the project lock while a user's command runs but
 * keeps its entries here, so both tools respect each other through this file.
 */
import { join, sep } from 'node:path';
import { fieldsOf, listOf, mappingOf, NoteError, textOf, wholeNumberOf } from '../formats/notes.js';
import { CellarError } from '../protocol/errors.js';
import { acquireLock, type LockOptions, type Release } from './flock.js';
import { readTextIfSync } from './files.js';
import { pidExists } from './identity.js';
import { publishFile } from './publish.js';

interface Info {
  pid: number;
  cmd: string;
}

interface Table {
  write: Map<string, Info>;
  read: Map<string, Info[]>;
}

export interface RwOptions extends Pick<LockOptions, 'signal' | 'hardlink' | 'onWait'> {
  /** The whole argv joined by spaces: what others are shown. */
  cmd: string;
  /** Absolute paths. */
  read: readonly string[];
  write: readonly string[];
}

/**
 * Registers the paths, or fails when a live process blocks one of them: to read P no writer may overlap P, to write P
 * neither writer nor reader ("overlap": equal, or one contains the other).
 * @throws CellarError `E_BUSY_PATH` (exit 255), `E_RWLOCK_CORRUPT`, `E_LOCKED`
 */
export async function acquireRwLock(tmpDir: string, options: RwOptions): Promise<Release> {
  const info: Info = { pid: process.pid, cmd: options.cmd };
  const added: { write: string[]; read: string[] } = { write: [], read: [] };
  await edit(tmpDir, options, table => {
    refuseBlocked(table, info, 'write', [...options.read, ...options.write]);
    refuseBlocked(table, info, 'read', options.write);
    for (const path of options.read) {
      const readers = table.read.get(path) ?? [];
      if (!readers.some(reader => same(reader, info))) {
        table.read.set(path, [...readers, info]);
        added.read.push(path);
      }
    }
    for (const path of options.write) {
      const writer = table.write.get(path);
      if (writer === undefined || !same(writer, info)) {
        table.write.set(path, info);
        added.write.push(path);
      }
    }
  });
  let held = true;
  return async () => {
    if (!held) {
      return;
    }
    held = false;
    // Giving back must not be stopped by the caller's cancelled signal.
    await edit(tmpDir, { hardlink: options.hardlink, timeout: 30_000 }, table => {
      for (const path of added.write) {
        const writer = table.write.get(path);
        if (writer !== undefined && same(writer, info)) {
          table.write.delete(path);
        }
      }
      for (const path of added.read) {
        dropReader(table, path, info);
      }
    });
  };
}

async function edit(tmpDir: string, options: LockOptions, change: (table: Table) => void): Promise<void> {
  const path = join(tmpDir, 'rwlock');
  const release = await acquireLock(join(tmpDir, 'rwlock.lock'), options);
  try {
    const before = readTextIfSync(path);
    const table = parse(path, before);
    change(table);
    const after = print(table);
    if (after !== before) {
      publishFile(path, after, { volatile: true });
    }
  } finally {
    await release();
  }
}

function parse(path: string, text: string | null): Table {
  if (text === null) {
    return { write: new Map(), read: new Map() };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw corrupt(path, 'JSON structure is corrupted', error);
  }
  try {
    return tableOf(value);
  } catch (error) {
    throw error instanceof NoteError ? corrupt(path, 'format error', error) : error;
  }
}

/** DVC's own schema: two mappings that may be missing, no other key (spec/dvc-data.md §1.5). @throws NoteError */
function tableOf(value: unknown): Table {
  const fields = fieldsOf(value, 'rwlock', [], ['write', 'read']);
  const rows = <T>(name: string, row: (value: unknown, what: string) => T): Map<string, T> =>
    new Map(
      [...mappingOf(fields[name] ?? {}, name)].map(([path, each]) => [path, row(each, `${name}.${path}`)] as const)
    );
  return { write: rows('write', infoOf), read: rows('read', (list, what) => listOf(list, what, infoOf)) };
}

function infoOf(value: unknown, what: string): Info {
  const { pid, cmd } = fieldsOf(value, what, ['pid', 'cmd']);
  return { pid: wholeNumberOf(pid, `${what}.pid`), cmd: textOf(cmd, `${what}.cmd`) };
}

function corrupt(path: string, what: string, cause: unknown): CellarError {
  return new CellarError('E_RWLOCK_CORRUPT', `Unable to read RWLock-file '${path}'. ${what}.`, {
    next: `If no dvc or cellar command is running, remove '${path}'.`,
    exit: 255,
    at: { path },
    cause
  });
}

/** Python's default separators, so that the file looks as DVC leaves it. */
function print(table: Table): string {
  const parts: string[] = [];
  const info = (i: Info): string => `{"pid": ${i.pid}, "cmd": ${JSON.stringify(i.cmd)}}`;
  if (table.read.size > 0) {
    const rows = [...table.read].map(([p, list]) => `${JSON.stringify(p)}: [${list.map(info).join(', ')}]`);
    parts.push(`"read": {${rows.join(', ')}}`);
  }
  if (table.write.size > 0) {
    const rows = [...table.write].map(([p, i]) => `${JSON.stringify(p)}: ${info(i)}`);
    parts.push(`"write": {${rows.join(', ')}}`);
  }
  return `{${parts.join(', ')}}`;
}

function refuseBlocked(table: Table, me: Info, mode: 'read' | 'write', wanted: readonly string[]): void {
  const blockers: Info[] = [];
  let blocked = '';
  for (const [path, entry] of [...table[mode]]) {
    const waiter = wanted.find(p => overlaps(p, path));
    if (waiter === undefined) {
      continue;
    }
    for (const other of Array.isArray(entry) ? [...entry] : [entry]) {
      if (same(other, me)) {
        continue;
      }
      if (pidExists(other.pid)) {
        blockers.push(other);
        blocked = waiter;
      } else if (mode === 'write') {
        table.write.delete(path);
      } else {
        dropReader(table, path, other);
      }
    }
  }
  if (blockers.length > 0) {
    const list = blockers.map(b => `  (PID ${b.pid}): ${b.cmd}`).join('\n');
    throw new CellarError('E_BUSY_PATH', `'${blocked}' is busy, it is being blocked by:\n${list}`, {
      next: 'Wait until that command has ended, then try again.',
      exit: 255,
      at: { path: blocked },
      data: { pids: blockers.map(b => b.pid) }
    });
  }
}

function dropReader(table: Table, path: string, info: Info): void {
  const left = (table.read.get(path) ?? []).filter(reader => !same(reader, info));
  if (left.length > 0) {
    table.read.set(path, left);
  } else {
    table.read.delete(path);
  }
}

function same(a: Info, b: Info): boolean {
  return a.pid === b.pid && a.cmd === b.cmd;
}

/** Equal, or one contains the other, by components. */
export function overlaps(a: string, b: string): boolean {
  return a === b || a.startsWith(b.endsWith(sep) ? b : b + sep) || b.startsWith(a.endsWith(sep) ? a : a + sep);
}
