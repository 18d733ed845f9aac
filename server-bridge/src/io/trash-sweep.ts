/** What has been in the trash for more than 14 days is forgotten (guide/reliability.md, head). */
import { join } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { fileSystemTime } from './clock.js';
import { isErrno, lstatSync, readdirIfSync, removeTreeSync, renameSync } from './files.js';
import { readJournal, type JournalEntry } from './journal.js';
import { isLitter } from './ownertag.js';
import { listTrash, openTrash, trashFolder } from './trash.js';

const KEPT_NS = 14n * 24n * 3600n * 1_000_000_000n;

/** Names of folders that are being removed; no operation begins with a dot. */
const GONE = '.gone-';

/**
 * Removes operations of the trash whose last change is more than 14 days ago by the file system's own time; gives their
 * names. What a journal names stays, however old: it is put back first. What cannot be read, or is not ours, stays too.
 * Call it with the project lock held. A disk that refuses only means that it is tried again.
 */
export function sweepTrash(tmpDir: string): string[] {
  try {
    removeGone(tmpDir);
    const operations = listTrash(tmpDir);
    if (operations.length === 0) {
      return [];
    }
    const now = fileSystemTime(join(tmpDir, 'cellar'));
    const old = operations.filter(operation => lastChange(tmpDir, operation) + KEPT_NS < now);
    if (old.length === 0) {
      return [];
    }
    const journal = readJournal(tmpDir);
    const swept = old.filter(operation => !isNamed(operation, journal) && isOurs(tmpDir, operation));
    // Away in one step, then removed: what is half removed is never taken for an operation.
    swept.forEach(operation => renameSync(trashFolder(tmpDir, operation), trashFolder(tmpDir, GONE + operation)));
    removeGone(tmpDir);
    return swept;
  } catch (error) {
    if (isErrno(error) || error instanceof CellarError) {
      return [];
    }
    throw error;
  }
}

function removeGone(tmpDir: string): void {
  for (const name of readdirIfSync(join(tmpDir, 'cellar', 'trash')).filter(each => each.startsWith(GONE))) {
    removeTreeSync(trashFolder(tmpDir, name));
  }
}

/** When something last came in or went: no program can set a ctime back, and moving a file or folder renews its own. */
function lastChange(tmpDir: string, operation: string): bigint {
  const folder = trashFolder(tmpDir, operation);
  return [folder, ...readdirIfSync(folder).map(name => join(folder, name))]
    .map(path => lstatSync(path)?.ctimeNs ?? 0n)
    .reduce((newest, each) => (each > newest ? each : newest), 0n);
}

/** An operation of a live or unfinished command, or a part of one (`…-spare`, `…-unfinished`). */
function isNamed(operation: string, journal: readonly JournalEntry[]): boolean {
  return journal.some(
    entry =>
      entry.operation.startsWith(operation) ||
      operation.startsWith(entry.operation) ||
      JSON.stringify(entry.plan ?? null).includes(JSON.stringify(operation).slice(1, -1))
  );
}

/** Whether a folder holds nothing but what its list names; one that cannot be read is left for a person to look at. */
function isOurs(tmpDir: string, operation: string): boolean {
  try {
    const known = new Set([
      'items.json',
      ...openTrash(tmpDir, operation)
        .items()
        .map(item => item.stored)
    ]);
    return readdirIfSync(trashFolder(tmpDir, operation)).every(name => known.has(name) || isLitter(name));
  } catch (error) {
    if (error instanceof CellarError) {
      return false;
    }
    throw error;
  }
}
