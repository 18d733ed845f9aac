/** Reading one file whole and consistent: the stat after the read equals the one before it (I1). */
import { CellarError } from '../protocol/errors.js';
import { closeSync, fstatSync, openSync, readSync } from '../io/files.js';
import { FACTS, setFacts, sameFacts, sizeAt } from '../io/facts.js';
import type { Failure, Step } from './jobs.js';
import { diskError } from '../io/failures.js';

export const SLICE = 256 * 1024;
const TRIES = 3;
const YIELD_BYTES = 16 * 1024 * 1024;

const seen = new BigInt64Array(FACTS);

/**
 * Reads a file of the size in `facts[row]` into `arena[offset…]` and leaves its facts there; they are corrected when the
 * file is another one by now but keeps still. `keepOpen` returns the handle instead of closing it.
 * Returns the bytes read, or -1 when the file no longer fits into `room`.
 */
export function readWhole(
  path: string,
  facts: BigInt64Array,
  row: number,
  arena: Uint8Array,
  offset: number,
  room: number,
  keepOpen?: (fd: number) => void
): number {
  const fd = openSync(path, 'r');
  let kept = false;
  try {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const size = sizeAt(facts, row);
      if (size > room) {
        return -1;
      }
      const got = fill(fd, arena, offset, size);
      setFacts(seen, 0, fstatSync(fd));
      if (got === size && sameFacts(seen, 0, facts, row)) {
        kept = keepOpen !== undefined;
        keepOpen?.(fd);
        return size;
      }
      facts.set(seen, row * FACTS);
    }
    throw changing(path);
  } finally {
    if (!kept) {
      closeSync(fd);
    }
  }
}

function fill(fd: number, arena: Uint8Array, offset: number, size: number): number {
  let done = 0;
  while (done < size) {
    const got = readSync(fd, arena, offset + done, size - done, done);
    if (got === 0) {
      break;
    }
    done += got;
  }
  return done;
}

/**
 * Streams a file of any size through `take`, in slices of 256 KiB, yielding now and then. Facts are handled as in
 * `readWhole`; a file that changed while it was read starts again (`restart` first).
 */
export function* readSlices(
  fd: number,
  path: string,
  facts: BigInt64Array,
  row: number,
  buffer: Uint8Array,
  take: (bytes: Uint8Array) => void,
  restart: () => void
): Generator<Step> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (attempt > 0) {
      restart();
    }
    const size = sizeAt(facts, row);
    let at = 0;
    let quiet = 0;
    // The stat afterwards tells whether there is more: a small file needs no second read to find its end.
    while (at < size) {
      const got = readSync(fd, buffer, 0, buffer.length, at);
      if (got === 0) {
        break;
      }
      at += got;
      quiet += got;
      take(buffer.subarray(0, got));
      if (quiet >= YIELD_BYTES) {
        yield { files: 0, bytes: quiet };
        quiet = 0;
      }
    }
    setFacts(seen, 0, fstatSync(fd));
    if (at === sizeAt(seen, 0) && sameFacts(seen, 0, facts, row)) {
      yield { files: 0, bytes: quiet };
      return;
    }
    facts.set(seen, row * FACTS);
  }
  throw changing(path);
}

/** The error of a file that does not keep still. */
export function changing(path: string): CellarError {
  return new CellarError('E_FILE_CHANGING', `'${path}' is being changed while it is read.`, {
    next: 'Wait until the other program has finished writing it, then try again.',
    at: { path }
  });
}

/** An error as plain data. */
export function failureOf(error: unknown, row: number, path: string): Failure {
  const told = diskError(error, path);
  if (told instanceof CellarError) {
    const errno = told.data?.['errno'];
    return {
      row,
      code: told.code,
      message: told.message,
      path,
      next: told.next,
      errno: typeof errno === 'string' ? errno : undefined
    };
  }
  throw told;
}

/** The plain data as the error that it was. */
export function failureError(failure: Failure): CellarError {
  return new CellarError(failure.code, failure.message, {
    next: failure.next,
    at: { path: failure.path },
    data: failure.errno === undefined ? undefined : { errno: failure.errno }
  });
}
