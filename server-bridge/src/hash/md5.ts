/** MD5 over bytes that are given; reading files is the store's business (design.md §6). */
import { createHash } from 'node:crypto';
import type { HashName } from '../formats/entries.js';
import { createDos2Unix } from './dos2unix.js';

/** Takes bytes in any portions and gives the 16 bytes of the digest. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  /** Ends the hasher. */
  digest(): Buffer;
}

/** A streaming hasher: plain MD5, or DVC 2's `md5-dos2unix` (spec/dvc-data.md §3.1). */
export function createHasher(name: HashName = 'md5'): Hasher {
  const md5 = createHash('md5');
  const plain: Hasher = {
    update: bytes => void md5.update(bytes),
    digest: () => md5.digest()
  };
  return name === 'md5-dos2unix' ? createDos2Unix(plain) : plain;
}

/** Lower-case hex MD5 of bytes or of the UTF-8 of a text. */
export function md5Hex(data: string | Uint8Array): string {
  return createHash('md5').update(data).digest('hex');
}

/** `md5Hex` of the empty file. */
export const EMPTY_MD5 = 'd41d8cd98f00b204e9800998ecf8427e';
