/** Temp files of the cache name their owner, so that what a dead process left is told from what a live one needs (I2). */
import { isLitter, ownerTag } from '../io/ownertag.js';
import { mkdirSync, readdirIfSync, readTextIfSync, unlinkIfSync, writeFileSync } from '../io/files.js';

/** Removes litter from one folder and gives all its other names; a missing folder is empty. */
export function listObjects(folder: string): string[] {
  return readdirIfSync(folder).filter(name => {
    if (!name.startsWith('.')) {
      return true;
    }
    if (isLitter(name)) {
      unlinkIfSync(`${folder}/${name}`);
    }
    return false;
  });
}

/**
 * Runs `work` under an operation that is known by a note in `<tmpDir>/cellar/staging/` while it lasts. What earlier
 * operations of dead processes left in a cache is removed first; when `work` fails, its own temp files are.
 */
export async function underOperation<T>(
  tmpDir: string,
  objects: string,
  work: (operation: string) => Promise<T>
): Promise<T> {
  const begun = beginOperation(tmpDir, objects);
  let failed = true;
  try {
    const result = await work(begun);
    failed = false;
    return result;
  } finally {
    endOperation(tmpDir, objects, begun, failed);
  }
}

/** The same for work that does not wait. */
export function underOperationSync<T>(tmpDir: string, objects: string, work: (operation: string) => T): T {
  const begun = beginOperation(tmpDir, objects);
  let failed = true;
  try {
    const result = work(begun);
    failed = false;
    return result;
  } finally {
    endOperation(tmpDir, objects, begun, failed);
  }
}

function beginOperation(tmpDir: string, objects: string): string {
  const notes = `${tmpDir}/cellar/staging`;
  for (const name of readdirIfSync(notes)) {
    if (isLitter(`.${name}.tmp`)) {
      sweepOperation(readTextIfSync(`${notes}/${name}`) ?? objects, name);
      unlinkIfSync(`${notes}/${name}`);
    }
  }
  const operation = ownerTag();
  mkdirSync(notes);
  writeFileSync(`${notes}/${operation}`, objects, 0o600);
  return operation;
}

function endOperation(tmpDir: string, objects: string, operation: string, failed: boolean): void {
  if (failed) {
    sweepOperation(objects, operation);
  }
  unlinkIfSync(`${tmpDir}/cellar/staging/${operation}`);
}

/** Removes all temp files of one operation that failed or was cancelled. */
export function sweepOperation(objects: string, operation: string): void {
  const drop = (folder: string): string[] => {
    const names = readdirIfSync(folder);
    for (const name of names) {
      if (name.startsWith('.') && name.includes(`.${operation}.`)) {
        unlinkIfSync(`${folder}/${name}`);
      }
    }
    return names;
  };
  for (const name of drop(objects)) {
    if (name.length === 2) {
      drop(`${objects}/${name}`);
    }
  }
}
