/** The first half of a checkout: files that are to go, and folders that are empty then (spec/dvc-data.md §4.6.4). */
import { dirname, join } from 'node:path';
import { isErrno, lstatSync, rmdirSync } from '../io/files.js';
import { removeEmptyAbove } from '../io/trash.js';
import { CellarError } from '../protocol/errors.js';
import { inside } from './layout.js';
import type { CheckoutPlan } from './plan.js';
import { cancelled } from './pool.js';
import { removeExpected } from './swap.js';

const TURN = 256;

/** Removes what the plan deletes; files that are not what the plan saw stay and are noted as conflicts. */
export async function removeAll(
  plan: CheckoutPlan,
  scratch: string,
  signal: AbortSignal | undefined,
  conflicts: string[]
): Promise<void> {
  const folders = new Set<string>();
  for (const [k, row] of plan.deleted.entries()) {
    const path = inside(plan.path, row.relpath);
    if (lstatSync(path) !== null && !removeExpected(path, join(scratch, `d${k}`), plan.facts, row.row)) {
      conflicts.push(path);
    }
    folders.add(dirname(path));
    if (k % TURN === TURN - 1) {
      await turn(signal);
    }
  }
  // Deepest first, so that a folder is empty when its turn comes.
  for (const folder of [...folders].sort((a, b) => b.length - a.length)) {
    if (folder !== dirname(plan.path)) {
      removeEmptyAbove(folder, plan.tree === null ? dirname(plan.path) : plan.path);
    }
  }
  if (plan.tree === null && plan.target !== null) {
    removeEmptyFolder(plan.path);
  }
}

function removeEmptyFolder(path: string): void {
  if (lstatSync(path)?.isDirectory() !== true) {
    return;
  }
  try {
    rmdirSync(path);
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) {
      throw error;
    }
    throw new CellarError('E_FOLDER_NOT_EMPTY', `'${path}' should become a file, but ignored files are left in it.`, {
      next: 'Move them away, then check out again.',
      at: { path }
    });
  }
}

async function turn(signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>(resolve => setImmediate(resolve));
  if (signal?.aborted === true) {
    throw cancelled();
  }
}
