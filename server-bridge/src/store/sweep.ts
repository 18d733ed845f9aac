/** Temp files of the cache name their owner, so that what a dead process left is told from what a live one needs (I2). */
import { createHash, randomBytes } from 'node:crypto';
import { isDead, thisOwner } from '../io/identity.js';
import { isErrno, mkdirSync, readdirSync, readTextIfSync, unlinkIfSync, writeFileSync } from '../io/files.js';

/** An operation name that says who runs it: host, boot, pid, start time, and a random part. */
export function ownedOperation(): string {
  const me = thisOwner();
  return [short(me.host), short(me.boot), me.pid.toString(36), me.start || '0', randomBytes(6).toString('hex')].join(
    '-'
  );
}

const TEMP = /\.([0-9a-f]{8})-([0-9a-f]{8})-([0-9a-z]+)-(\d+)-[0-9a-f]{12}(?:\.\d+)?\.tmp$/;

/** Whether a name is a temp file of ours whose process is provably dead. */
export function isLitter(name: string): boolean {
  const parts = TEMP.exec(name);
  if (parts === null) {
    return false;
  }
  const me = thisOwner();
  const [, host, boot, pid, start] = parts;
  if (host !== short(me.host)) {
    return false;
  }
  const sameBoot = boot === short(me.boot);
  return isDead({
    host: me.host,
    boot: sameBoot ? me.boot : 'another',
    pid: Number.parseInt(pid ?? '', 36),
    start: start ?? ''
  });
}

/** Removes litter from one folder and gives all its other names; a missing folder is empty. */
export function listObjects(folder: string): string[] {
  return namesIn(folder).filter(name => {
    if (!name.startsWith('.')) {
      return true;
    }
    if (isLitter(name)) {
      unlinkIfSync(`${folder}/${name}`);
    }
    return false;
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) {
      return [];
    }
    throw error;
  }
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
  for (const name of namesIn(notes)) {
    if (isLitter(`.${name}.tmp`)) {
      sweepOperation(readTextIfSync(`${notes}/${name}`) ?? objects, name);
      unlinkIfSync(`${notes}/${name}`);
    }
  }
  const operation = ownedOperation();
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
    const names = namesIn(folder);
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

function short(text: string): string {
  return createHash('md5').update(text).digest('hex').slice(0, 8);
}
