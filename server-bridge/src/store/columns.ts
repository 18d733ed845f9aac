/** Digests as columns: 16 bytes for each file, no string until somebody reads it. */

export const DIGEST = 16;

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** The hex of digest `i` of a column. */
export function digestHex(digests: Uint8Array, i: number): string {
  let hex = '';
  for (let at = i * DIGEST; at < (i + 1) * DIGEST; at++) {
    hex += HEX[digests[at] ?? 0] ?? '';
  }
  return hex;
}

/** Writes hex (32 digits, a suffix is ignored) as digest `i`. */
export function setDigest(digests: Uint8Array, i: number, hex: string): void {
  for (let k = 0; k < DIGEST; k++) {
    digests[i * DIGEST + k] = Number.parseInt(hex.slice(2 * k, 2 * k + 2), 16);
  }
}

/** Copies digest `j` of `from` to place `i`. */
export function copyDigest(to: Uint8Array, i: number, from: Uint8Array, j: number): void {
  for (let k = 0; k < DIGEST; k++) {
    to[i * DIGEST + k] = from[j * DIGEST + k] ?? 0;
  }
}

export function digestsEqual(a: Uint8Array, i: number, b: Uint8Array, j: number): boolean {
  for (let k = 0; k < DIGEST; k++) {
    if (a[i * DIGEST + k] !== b[j * DIGEST + k]) {
      return false;
    }
  }
  return true;
}
