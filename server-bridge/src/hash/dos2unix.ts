/**
 * DVC 2's text hash (spec/dvc-data.md §3.1): the file is cut into chunks of 1 MiB; a chunk whose first 512 bytes look
 * like text is hashed with `\r\n` replaced by `\n`, each chunk by itself, so a pair cut by a border stays.
 */
import type { Hasher } from './md5.js';

const CHUNK = 1024 * 1024;
const SAMPLE = 512;
const CR = 13;
const LF = 10;

const TEXT = new Uint8Array(256);
for (let byte = 0x20; byte < 0x7f; byte++) {
  TEXT[byte] = 1;
}
for (const byte of [LF, CR, 9, 12, 8]) {
  TEXT[byte] = 1;
}

/** Wraps a plain hasher; input may come in portions of any size. */
export function createDos2Unix(md5: Hasher): Hasher {
  const chunk = new Uint8Array(CHUNK);
  let filled = 0;
  const flush = (): void => {
    const bytes = chunk.subarray(0, filled);
    md5.update(isText(bytes) ? withoutCrLf(bytes) : bytes);
    filled = 0;
  };
  return {
    update(bytes) {
      let at = 0;
      while (at < bytes.length) {
        const n = Math.min(CHUNK - filled, bytes.length - at);
        chunk.set(bytes.subarray(at, at + n), filled);
        filled += n;
        at += n;
        if (filled === CHUNK) {
          flush();
        }
      }
    },
    digest() {
      if (filled > 0) {
        flush();
      }
      return md5.digest();
    }
  };
}

/** Text: no NUL in the sample, and at most 30 % of it outside of printable ASCII and white space. */
export function isText(bytes: Uint8Array): boolean {
  const n = Math.min(SAMPLE, bytes.length);
  let strange = 0;
  for (let i = 0; i < n; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === 0) {
      return false;
    }
    strange += 1 - (TEXT[byte] ?? 0);
  }
  return n > 0 && strange / n <= 0.3;
}

function withoutCrLf(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== CR || bytes[i + 1] !== LF) {
      out[length++] = bytes[i] ?? 0;
    }
  }
  return out.subarray(0, length);
}
