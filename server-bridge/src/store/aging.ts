/**
 * Files that we make ourselves get a time that is settled already, so that they can be trusted at once: whatever is written
 * to one of them later is younger (I11). Otherwise all that was copied a moment ago would be read again by the next command.
 */
import { isErrno, utimesSync, type BigIntStats } from '../io/files.js';
import { RACY_NS } from './rows.js';

/** File systems round times, numbers of seconds do too. */
const SLACK_NS = 1_000_000n;

/** The time, in seconds, for files that are made after `clock`; null where there is no clock. */
export function settledTime(clock: bigint): number | null {
  return clock === 0n ? null : Number(clock - RACY_NS - 2n * SLACK_NS) / 1e9;
}

/** Gives a finished file that nobody else knows yet the time. Where that is not allowed it keeps its own, and is read again. */
export function age(path: string, time: number | null): void {
  if (time === null) {
    return;
  }
  try {
    utimesSync(path, time, time);
  } catch (error) {
    if (!isErrno(error, 'EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL')) {
      throw error;
    }
  }
}

/** Whether a file of `size` bytes that got the time is still as it was made. */
export function isAged(stats: BigIntStats, size: number, time: number | null): boolean {
  if (time === null || Number(stats.size) !== size) {
    return false;
  }
  const off = stats.mtimeNs - BigInt(Math.round(time * 1e9));
  return off < SLACK_NS && off > -SLACK_NS;
}
