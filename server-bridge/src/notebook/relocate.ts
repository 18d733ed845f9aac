/** Moves and new texts as one operation: a kill in the middle is undone by the next command (I2, N5). */
import { dirname, join } from 'node:path';
import { lstatSync, mkdirSync, readTextIfSync, renameSync, unlinkIfSync } from '../io/files.js';
import { closeInterrupted, interrupted, openJournal } from '../io/journal.js';
import { publishFile, sweepUnfinished } from '../io/publish.js';
import { newOperation, removeEmptyAbove } from '../io/trash.js';

/** What the journal calls such an operation. */
const KIND = 'rename';

/** One change of the disk, with absolute paths; null stands for a file that is not there. */
export type RelocationStep =
  { do: 'move'; from: string; to: string } | { do: 'write'; path: string; before: string | null; after: string | null };

/**
 * Takes the steps in their order; those that move nothing or change no text are left out. Folders that are empty then go
 * away, up to `base`. Call it with the project lock held.
 * @throws CellarError `E_CHANGED_ON_DISK` when a file is not as the step says
 */
export function relocate(tmpDir: string, base: string, steps: readonly RelocationStep[]): void {
  const real = steps.filter(step =>
    step.do === 'move' ? step.from !== step.to && lstatSync(step.from) !== null : step.before !== step.after
  );
  const journal = openJournal(tmpDir, KIND, newOperation(KIND), { base, steps: real });
  try {
    real.forEach(take);
  } catch (error) {
    // What failed half way is undone at once: nobody has to wait for the next command.
    undo(base, real);
    journal.done();
    throw error;
  }
  tidy(base, real, step => step.from);
  journal.done();
}

/**
 * Undoes what a killed process left; true when there was something. The notebook's tags change only after the whole
 * operation, so the state before it is the one that they fit. Call it with the project lock held.
 */
export function recoverRelocations(tmpDir: string): boolean {
  const entries = interruptedRelocations(tmpDir);
  for (const { operation, plan } of entries) {
    const { base, steps } = plan as { base: string; steps: RelocationStep[] };
    undo(base, steps);
    closeInterrupted(tmpDir, operation);
  }
  return entries.length > 0;
}

/** Those that nobody works on any more. */
export function interruptedRelocations(tmpDir: string): ReturnType<typeof interrupted> {
  return interrupted(tmpDir).filter(entry => entry.kind === KIND);
}

function take(step: RelocationStep): void {
  if (step.do === 'move') {
    mkdirSync(dirname(step.to));
    renameSync(step.from, step.to);
  } else if (step.after === null) {
    unlinkIfSync(step.path);
  } else {
    publishFile(step.path, step.after, { expect: step.before });
  }
}

/** Backwards; a step that was not taken, or whose file is somebody's newer work, stays as it is. */
function undo(base: string, steps: readonly RelocationStep[]): void {
  for (const step of [...steps].reverse()) {
    if (step.do === 'move') {
      if (lstatSync(step.from) === null && lstatSync(step.to) !== null) {
        mkdirSync(dirname(step.from));
        renameSync(step.to, step.from);
      }
      continue;
    }
    sweepUnfinished(step.path);
    if (readTextIfSync(step.path) === step.after) {
      if (step.before === null) {
        unlinkIfSync(step.path);
      } else {
        publishFile(step.path, step.before, { expect: step.after });
      }
    }
  }
  tidy(base, steps, step => step.to);
}

function tidy(
  base: string,
  steps: readonly RelocationStep[],
  left: (step: Extract<RelocationStep, { do: 'move' }>) => string
): void {
  for (const step of steps) {
    if (step.do === 'move') {
      removeEmptyAbove(join(left(step), '..'), base);
    }
  }
}
