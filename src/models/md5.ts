/** Shift amounts of the four rounds (RFC 1321 §3.4). */
const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];

/** The table T of RFC 1321: 64 words from the sine. */
const WORDS = Uint32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32));

/** The text in UTF-8 with the padding of RFC 1321 §3.1–3.2, as little-endian words. */
function paddedWords(text: string): Uint32Array {
  const bytes = new TextEncoder().encode(text);
  const words = new Uint32Array(((bytes.length + 8) >>> 6) * 16 + 16);
  for (let i = 0; i < bytes.length; i += 1) {
    words[i >>> 2]! |= bytes[i]! << ((i & 3) * 8);
  }
  words[bytes.length >>> 2]! |= 0x80 << ((bytes.length & 3) * 8);
  words[words.length - 2] = bytes.length * 8;
  words[words.length - 1] = Math.floor(bytes.length / 2 ** 29);
  return words;
}

function mix(i: number, b: number, c: number, d: number): { value: number; word: number } {
  switch (i >>> 4) {
    case 0:
      return { value: (b & c) | (~b & d), word: i };
    case 1:
      return { value: (d & b) | (~d & c), word: (5 * i + 1) & 15 };
    case 2:
      return { value: b ^ c ^ d, word: (3 * i + 5) & 15 };
    default:
      return { value: c ^ (b | ~d), word: (7 * i) & 15 };
  }
}

/**
 * MD5 of a text in UTF-8, 32 hex digits. The bridge names a cell's source by it (N9, N56); the browser's own
 * cryptography has no MD5, and works on secure pages only.
 */
export function md5(text: string): string {
  const words = paddedWords(text);
  const sum = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  for (let block = 0; block < words.length; block += 16) {
    let [a, b, c, d] = sum as unknown as [number, number, number, number];
    for (let i = 0; i < 64; i += 1) {
      const { value, word } = mix(i, b, c, d);
      const turn = (a + value + WORDS[i]! + words[block + word]!) >>> 0;
      const shift = SHIFTS[(i >>> 4) * 4 + (i & 3)]!;
      a = d;
      d = c;
      c = b;
      b = (b + ((turn << shift) | (turn >>> (32 - shift)))) >>> 0;
    }
    sum[0]! += a;
    sum[1]! += b;
    sum[2]! += c;
    sum[3]! += d;
  }
  const bytes = new Uint8Array(sum.buffer);
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
