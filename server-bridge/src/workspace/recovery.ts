import { join } from 'node:path';
import { removeTreeSync } from '../io/files.js';
import { closeInterrupted, interrupted, openJournal, type Journal } from '../io/journal.js';
import { newOperation } from '../io/trash.js';
import type { Project } from './project.js';

/** Kinds of operations of this room: each of their steps may be done again, so that a new run finishes them (I16). */
const REPEATABLE = ['add', 'checkout'] as const;
export type RepeatableKind = (typeof REPEATABLE)[number];

export interface Operation {
  readonly id: string;
  /** Folder for unfinished files, on the project's file system. */
  readonly scratch: string;
  readonly journal: Journal;
  /** The work is complete, or it failed and left things as they were. */
  end(): void;
}

/** Begins an operation on many files: it is on record before the first of them is touched (I2). */
export function beginOperation(project: Project, kind: RepeatableKind, plan: unknown): Operation {
  const id = newOperation(kind);
  const journal = openJournal(project.tmpDir, kind, id, plan);
  const scratch = scratchOf(project, id);
  return {
    id,
    scratch,
    journal,
    end() {
      removeTreeSync(scratch);
      journal.done();
    }
  };
}

/**
 * Mends what a killed process left, with the project lock held. Files that it replaced or removed are verified in the
 * cache or in the trash, so unfinished files are all that is swept.
 */
export function recover(project: Project): void {
  for (const entry of interrupted(project.tmpDir)) {
    if (REPEATABLE.some(kind => kind === entry.kind)) {
      removeTreeSync(scratchOf(project, entry.operation));
      closeInterrupted(project.tmpDir, entry.operation);
    }
  }
}

function scratchOf(project: Project, operation: string): string {
  return join(project.tmpDir, 'cellar', 'scratch', operation);
}
