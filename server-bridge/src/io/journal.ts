/**
 * Operations that touch many files write down what they are about to do first (I2, N55): one file an operation in
 * `.dvc/tmp/cellar/journal/`, durable before the first action, removed after the last. What a dead process left is
 * found by `readJournal`, under the project lock.
 */
import { join } from 'node:path';
import { fieldsOf, oneOf, textOf, wholeNumberOf } from '../formats/notes.js';
import { CellarError } from '../protocol/errors.js';
import { fsyncDirSync, isErrno, readdirSync, readTextIfSync, unlinkIfSync } from './files.js';
import { isDead, thisOwner, type Owner } from './identity.js';
import { publishFile } from './publish.js';

export interface JournalEntry {
  operation: string;
  kind: string;
  owner: Owner;
  /** The process group of a running stage: recovery ends it before anything else (N55). */
  child?: Owner;
  /** The last step that was announced; what it means is the business of the operation's kind. */
  step: string;
  plan: unknown;
}

export interface Journal {
  readonly operation: string;
  /** Announces the next step; durable when it returns. */
  step(step: string, plan?: unknown): void;
  /** Notes (or with null forgets) the process group that works for this operation. */
  setChild(child: Owner | null): void;
  /** The operation is complete: the entry goes away. */
  done(): void;
}

/** Starts an operation: the plan is durable when this returns. `plan` must be JSON. */
export function openJournal(tmpDir: string, kind: string, operation: string, plan: unknown): Journal {
  const path = entryPath(tmpDir, operation);
  const entry: JournalEntry = { operation, kind, owner: thisOwner(), step: 'begin', plan };
  const save = (): void => publishFile(path, JSON.stringify({ version: 1, ...entry }), { mode: 0o600 });
  save();
  return {
    operation,
    step(step, next) {
      entry.step = step;
      if (next !== undefined) {
        entry.plan = next;
      }
      save();
    },
    setChild(child) {
      entry.child = child ?? undefined;
      save();
    },
    done() {
      unlinkIfSync(path);
      fsyncDirSync(join(path, '..'));
    }
  };
}

/** All entries whose owner is provably dead: interrupted operations. Call it with the project lock held. */
export function interrupted(tmpDir: string): JournalEntry[] {
  return readJournal(tmpDir).filter(entry => isDead(entry.owner));
}

/** All entries, oldest first. @throws CellarError `E_JOURNAL_CORRUPT` */
export function readJournal(tmpDir: string): JournalEntry[] {
  const folder = join(tmpDir, 'cellar', 'journal');
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      return [];
    }
    throw error;
  }
  const entries: JournalEntry[] = [];
  for (const name of names.filter(n => n.endsWith('.json') && !n.startsWith('.')).sort()) {
    const entry = readEntry(join(folder, name));
    if (entry !== null) {
      entries.push(entry);
    }
  }
  return entries;
}

/** Forgets an interrupted operation after it was recovered. */
export function closeInterrupted(tmpDir: string, operation: string): void {
  unlinkIfSync(entryPath(tmpDir, operation));
}

function entryPath(tmpDir: string, operation: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/.test(operation)) {
    throw new CellarError('E_BAD_OPERATION', `'${operation}' is not the name of an operation.`);
  }
  return join(tmpDir, 'cellar', 'journal', `${operation}.json`);
}

function readEntry(path: string): JournalEntry | null {
  const text = readTextIfSync(path);
  if (text === null) {
    return null;
  }
  try {
    return entryOf(JSON.parse(text));
  } catch (error) {
    throw new CellarError('E_JOURNAL_CORRUPT', `The note of an interrupted operation cannot be read: '${path}'.`, {
      next: 'Look at the trash of this project, then remove the file.',
      at: { path },
      cause: error
    });
  }
}

/** What `openJournal` writes, and nothing else. @throws NoteError */
function entryOf(value: unknown): JournalEntry {
  const fields = fieldsOf(value, 'entry', ['version', 'operation', 'kind', 'owner', 'step'], ['child', 'plan']);
  oneOf(fields['version'], 'entry.version', [1]);
  return {
    operation: textOf(fields['operation'], 'entry.operation'),
    kind: textOf(fields['kind'], 'entry.kind'),
    owner: ownerOf(fields['owner'], 'entry.owner'),
    ...(fields['child'] === undefined ? {} : { child: ownerOf(fields['child'], 'entry.child') }),
    step: textOf(fields['step'], 'entry.step'),
    plan: fields['plan']
  };
}

function ownerOf(value: unknown, what: string): Owner {
  const { host, boot, pid, start } = fieldsOf(value, what, ['host', 'boot', 'pid', 'start']);
  return {
    host: textOf(host, `${what}.host`),
    boot: textOf(boot, `${what}.boot`),
    pid: wholeNumberOf(pid, `${what}.pid`),
    start: textOf(start, `${what}.start`)
  };
}
