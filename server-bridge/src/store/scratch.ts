/** Where a checkout builds files before it swaps them in, and what becomes of that place when it was interrupted (I2). */
import { join } from 'node:path';
import { lstatSync, mkdirSync, readdirSync, removeTreeSync, rmdirSync, statSync } from '../io/files.js';
import { closeInterrupted, interrupted } from '../io/journal.js';
import { openTrash } from '../io/trash.js';

/** Our own folder, or one beside the out when that lies on another file system. */
export function scratchFor(tmpDir: string, besides: string, operation: string): string {
  mkdirSync(besides);
  mkdirSync(tmpDir);
  const same = statSync(tmpDir)?.dev === statSync(besides)?.dev;
  const folder = same ? join(tmpDir, 'cellar', 'scratch', operation) : join(besides, `.cellar-${operation}.tmp`);
  mkdirSync(folder);
  return folder;
}

/** After a checkout went well: what is left are old files whose bytes were verified in the cache. */
export function emptyScratch(scratch: string): void {
  removeTreeSync(scratch);
}

/** After a checkout failed: what is left may be a file caught in the moment of a swap. */
export function keepScratch(tmpDir: string, scratch: string, operation: string): void {
  if (lstatSync(scratch)?.isDirectory() === true) {
    keep(tmpDir, scratch, operation);
  }
}

/**
 * Cleans up after checkouts whose process died. In the moment of a swap the scratch may hold a file that its owner had
 * just changed, so it is not deleted but kept in the trash. The checkout itself is finished by doing it again.
 */
export function recoverCheckouts(tmpDir: string): void {
  for (const entry of interrupted(tmpDir)) {
    if (entry.kind !== 'checkout') {
      continue;
    }
    const scratch = scratchOf(entry.plan);
    if (scratch !== null) {
      keepScratch(tmpDir, scratch, entry.operation);
    }
    closeInterrupted(tmpDir, entry.operation);
  }
}

function scratchOf(plan: unknown): string | null {
  return typeof plan === 'object' && plan !== null && 'scratch' in plan && typeof plan.scratch === 'string'
    ? plan.scratch
    : null;
}

function keep(tmpDir: string, scratch: string, operation: string): void {
  if (readdirSync(scratch).length === 0) {
    rmdirSync(scratch);
  } else {
    openTrash(tmpDir, `${operation}-unfinished`).move(scratch);
  }
}
