/**
 * Many small messages hashed at once. Callers read files straight into the arena (one copy, no buffers of their own) and
 * get all digests of a batch with one call (guide/performance.md §2.2, appendix).
 */
import { createHash } from 'node:crypto';

export interface Lanes {
  /** Name of the kernel, for figures: `crypto` or `simd`. */
  readonly kernel: string;
  /** The arena; messages lie in it at the offsets that `reserve` gave. */
  readonly arena: Uint8Array;
  /** Offset for a message of at most `size` bytes, or -1 when this batch is full: call `run` first. */
  reserve(size: number): number;
  /** Adds the message `arena[offset, offset + size)` to the batch; returns its number. Only the last reservation counts. */
  commit(offset: number, size: number): number;
  /** Number of messages in the batch. */
  readonly count: number;
  /** Hashes the batch and empties it: 16 bytes for each message, valid until the next `run`. */
  run(): Uint8Array;
}

/** Bytes behind each message that a kernel may overwrite with MD5's padding (at most 1 + 63 + 8), 64-byte aligned. */
export const PADDING = 72;
export const MOST_MESSAGES = 512;

/** The portable kernel: node:crypto, one message after the other. */
export function createCryptoLanes(arenaBytes: number): Lanes {
  const arena = new Uint8Array(arenaBytes);
  const offsets = new Uint32Array(MOST_MESSAGES);
  const sizes = new Uint32Array(MOST_MESSAGES);
  const digests = new Uint8Array(MOST_MESSAGES * 16);
  let count = 0;
  let end = 0;
  return {
    kernel: 'crypto',
    arena,
    get count() {
      return count;
    },
    reserve(size) {
      return count < MOST_MESSAGES && end + size + PADDING <= arena.length ? end : -1;
    },
    commit(offset, size) {
      offsets[count] = offset;
      sizes[count] = size;
      end = (offset + size + PADDING + 63) & ~63;
      return count++;
    },
    run() {
      for (let i = 0; i < count; i++) {
        const from = offsets[i] ?? 0;
        const digest = createHash('md5')
          .update(arena.subarray(from, from + (sizes[i] ?? 0)))
          .digest();
        digests.set(digest, i * 16);
      }
      const out = digests.subarray(0, count * 16);
      count = 0;
      end = 0;
      return out;
    }
  };
}
