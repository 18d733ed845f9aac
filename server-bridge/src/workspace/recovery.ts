import { closeInterrupted, interrupted, openJournal } from '../io/journal.js';
import { newOperation } from '../io/trash.js';
import { sweepTrash } from '../io/trash-sweep.js';
import { objectsFolder } from '../store/layout.js';
import { recoverCheckouts } from '../store/scratch.js';
import { listObjects } from '../store/sweep.js';
import type { Project } from './project.js';

/** An operation of this room that can be done again from the start at any step, so that a new run finishes it (I16). */
const ADD = 'add';

/**
 * Does work on many files that is on record before the first of them is touched (I2). `plan` is JSON, for people who
 * look into the journal.
 */
export async function onRecord<T>(project: Project, plan: unknown, work: () => Promise<T>): Promise<T> {
  const journal = openJournal(project.tmpDir, ADD, newOperation(ADD), plan);
  try {
    return await work();
  } finally {
    journal.done();
  }
}

/**
 * Mends what killed processes left, with the project lock held. Objects are whole or absent and `.dvc` files are
 * replaced whole, so nothing needs undoing: unfinished files go away, or to the trash when they may be somebody's. What
 * has been there for long goes.
 */
export function recover(project: Project): void {
  recoverCheckouts(project.tmpDir);
  for (const entry of interrupted(project.tmpDir).filter(each => each.kind === ADD)) {
    // Listing a folder of the cache removes what dead processes left in it.
    listObjects(objectsFolder(project.cacheDir, 'md5'));
    closeInterrupted(project.tmpDir, entry.operation);
  }
  sweepTrash(project.tmpDir);
}
