/** A directory as DVC names it: sorted relpaths with MD5s, and the `.dir` bytes of it (spec/dvc-data.md §3.2). */
import { createHash } from 'node:crypto';
import { CellarError } from '../protocol/errors.js';
import { compareCodePoints } from '../io/walk.js';
import { DIGEST, digestHex, setDigest } from './columns.js';

/** Columns: `paths[i]` has the digest `digests[16 i … 16 i + 16)`; sorted by code points of the relpath. */
export interface Tree {
  paths: string[];
  digests: Uint8Array;
}

export const EMPTY_TREE_OID = 'd751713988987e9331980363e24189ce.dir';

const PIECE = 64 * 1024;
const MD5_KEY = Buffer.from('{"md5": "');
const PATH_KEY = Buffer.from('", "relpath": ');
const HEX = Buffer.from('0123456789abcdef');
const PATH_OPEN = Buffer.from('", "relpath": "');
const ENTRY_HEAD = MD5_KEY.length + 32 + PATH_OPEN.length;
const HEX_VALUE = new Uint8Array(256).fill(255);
HEX.forEach((char, value) => (HEX_VALUE[char] = value));

/**
 * The `.dir` bytes in pieces of about 64 KiB, each valid until the next is asked for; never one string (V8's limit is
 * about 6.5 M entries), and no string for each entry.
 */
export function* encodeTree(tree: Tree): Generator<Uint8Array> {
  let piece = Buffer.allocUnsafe(2 * PIECE);
  let at = piece.write('[', 'latin1');
  const last = tree.paths.length - 1;
  for (const [i, path] of tree.paths.entries()) {
    const name = jsonString(path);
    if (at + name.length + 128 > piece.length) {
      yield piece.subarray(0, at);
      at = 0;
      piece = name.length + 128 > piece.length ? Buffer.allocUnsafe(name.length + 128) : piece;
    }
    at += MD5_KEY.copy(piece, at);
    for (let k = i * DIGEST; k < (i + 1) * DIGEST; k++) {
      const byte = tree.digests[k] ?? 0;
      piece[at++] = HEX[byte >> 4] ?? 0;
      piece[at++] = HEX[byte & 15] ?? 0;
    }
    at += PATH_KEY.copy(piece, at);
    at += piece.write(name, at, 'latin1');
    at += piece.write(i < last ? '}, ' : '}', at, 'latin1');
  }
  if (at + 1 > piece.length) {
    yield piece.subarray(0, at);
    at = 0;
  }
  at += piece.write(']', at, 'latin1');
  yield piece.subarray(0, at);
}

/** The `.dir` bytes at once. */
export function treeBytes(tree: Tree): Buffer {
  return Buffer.concat(Array.from(encodeTree(tree), piece => Uint8Array.from(piece)));
}

/** The oid of a tree: MD5 of its bytes plus `.dir`. */
export function treeOid(tree: Tree): string {
  const md5 = createHash('md5');
  for (const piece of encodeTree(tree)) {
    md5.update(piece);
  }
  return md5.digest('hex') + '.dir';
}

const PLAIN = /^[ !#-[\]-~]*$/;
const SHORT: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
  '\b': '\\b'
};

/** JSON string as Python writes it: everything outside of printable ASCII escaped, 0x7F too. */
function jsonString(text: string): string {
  if (PLAIN.test(text)) {
    return `"${text}"`;
  }
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    const code = text.charCodeAt(i);
    const short = SHORT[char];
    if (short !== undefined) {
      out += short;
    } else if (code < 0x20 || code > 0x7e) {
      out += '\\u' + code.toString(16).padStart(4, '0');
    } else {
      out += char;
    }
  }
  return out + '"';
}

const OID = /^[0-9a-f]{32}$/;

/**
 * Reads `.dir` bytes. Paths must be relative, without `..`, `.`, empty parts, backslash-free of NUL and unique.
 * @throws CellarError `E_MANIFEST_CORRUPT`
 */
export function parseTree(bytes: Uint8Array, oid: string): Tree {
  return sortTree(parseCanonical(bytes, oid) ?? parseAny(bytes, oid), oid);
}

function parseAny(bytes: Uint8Array, oid: string): Tree {
  let rows: unknown;
  try {
    rows = JSON.parse(bufferOf(bytes).toString('utf8'));
  } catch (error) {
    throw corrupt(oid, 'it is not JSON', error);
  }
  if (!Array.isArray(rows)) {
    throw corrupt(oid, 'it is not a list');
  }
  const tree: Tree = { paths: [], digests: new Uint8Array(rows.length * DIGEST) };
  for (const [i, row] of rows.entries()) {
    const { path, md5 } = entryOf(row, oid);
    tree.paths.push(path);
    setDigest(tree.digests, i, md5);
  }
  return tree;
}

/**
 * Reads the layout that DVC and we write, entry by entry from the bytes (a million entries make no million objects);
 * null at the first byte that is otherwise.
 */
function parseCanonical(bytes: Uint8Array, oid: string): Tree | null {
  const text = bufferOf(bytes);
  if (text[0] !== 0x5b) {
    return null;
  }
  const paths: string[] = [];
  let digests = new Uint8Array(Math.max(16, Math.ceil(text.length / 60)) * DIGEST);
  let at = 1;
  while (text[at] === 0x7b) {
    const end = text.indexOf('"}', at + ENTRY_HEAD);
    if (end < 0 || text.compare(MD5_KEY, 0, MD5_KEY.length, at, at + MD5_KEY.length) !== 0) {
      return null;
    }
    const pathAt = at + MD5_KEY.length + 32;
    if (text.compare(PATH_OPEN, 0, PATH_OPEN.length, pathAt, pathAt + PATH_OPEN.length) !== 0) {
      return null;
    }
    if ((paths.length + 1) * DIGEST > digests.length) {
      const more = new Uint8Array(digests.length * 2);
      more.set(digests);
      digests = more;
    }
    if (!readHex(text, at + MD5_KEY.length, digests, paths.length * DIGEST)) {
      return null;
    }
    const path = text.toString('latin1', at + ENTRY_HEAD, end);
    if (!PLAIN.test(path)) {
      return null; // escapes, or bytes that ought to be escaped: the exact reader knows them
    }
    if (!isSafeRelpath(path)) {
      throw corrupt(oid, `the path '${path}' leads outside of the folder`);
    }
    paths.push(path);
    at = end + 2;
    if (text[at] !== 0x2c) {
      break;
    }
    at += 2;
  }
  return text[at] === 0x5d && at + 1 === text.length
    ? { paths, digests: digests.slice(0, paths.length * DIGEST) }
    : null;
}

function readHex(text: Buffer, from: number, to: Uint8Array, at: number): boolean {
  for (let k = 0; k < DIGEST; k++) {
    const high = HEX_VALUE[text[from + 2 * k] ?? 0] ?? 255;
    const low = HEX_VALUE[text[from + 2 * k + 1] ?? 0] ?? 255;
    if ((high | low) > 15) {
      return false;
    }
    to[at + k] = (high << 4) | low;
  }
  return true;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function entryOf(row: unknown, oid: string): { path: string; md5: string } {
  if (typeof row !== 'object' || row === null || !('relpath' in row) || typeof row.relpath !== 'string') {
    throw corrupt(oid, 'an entry has no relpath');
  }
  const md5 = 'md5' in row ? row.md5 : undefined;
  if (typeof md5 !== 'string' || !OID.test(md5)) {
    throw corrupt(oid, `the entry '${row.relpath}' has no MD5`);
  }
  if (!isSafeRelpath(row.relpath)) {
    throw corrupt(oid, `the path '${row.relpath}' leads outside of the folder`);
  }
  return { path: row.relpath, md5 };
}

/** A relpath that cannot leave its folder (T4). */
export function isSafeRelpath(path: string): boolean {
  return (
    path.length > 0 &&
    path.length <= 4096 &&
    !path.includes('\0') &&
    path.split('/').every(part => part !== '' && part !== '.' && part !== '..')
  );
}

/** Sorts if needed; refuses the same path twice and a path that is both file and folder. */
function sortTree(tree: Tree, oid: string): Tree {
  const n = tree.paths.length;
  let sorted = true;
  for (let i = 1; i < n && sorted; i++) {
    sorted = compareCodePoints(tree.paths[i - 1] ?? '', tree.paths[i] ?? '') < 0;
  }
  const out = sorted ? tree : reorder(tree);
  const folders = new Set<string>();
  for (const path of out.paths) {
    for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
      const folder = path.slice(0, cut);
      if (folders.has(folder)) {
        break;
      }
      folders.add(folder);
    }
  }
  for (const [i, path] of out.paths.entries()) {
    if (path === out.paths[i - 1] || folders.has(path)) {
      throw corrupt(oid, `the path '${path}' occurs twice`);
    }
  }
  return out;
}

function reorder(tree: Tree): Tree {
  const order = tree.paths.map((_, i) => i);
  order.sort((a, b) => compareCodePoints(tree.paths[a] ?? '', tree.paths[b] ?? ''));
  const digests = new Uint8Array(tree.digests.length);
  for (const [to, from] of order.entries()) {
    digests.set(tree.digests.subarray(from * DIGEST, (from + 1) * DIGEST), to * DIGEST);
  }
  return { paths: order.map(i => tree.paths[i] ?? ''), digests };
}

function corrupt(oid: string, what: string, cause?: unknown): CellarError {
  return new CellarError('E_MANIFEST_CORRUPT', `The list of files '${oid}' in the cache is corrupted: ${what}.`, {
    next: 'Fetch it again from a remote, or restore the cache from a backup.',
    data: { oid },
    cause
  });
}

/** A tree from loose entries (relpath → md5), sorted. */
export function treeOf(entries: Iterable<readonly [string, string]>): Tree {
  const list = [...entries];
  const tree: Tree = { paths: list.map(([path]) => path), digests: new Uint8Array(list.length * DIGEST) };
  for (const [i, [, md5]] of list.entries()) {
    setDigest(tree.digests, i, md5);
  }
  return sortTree(tree, 'a new tree');
}

/** All entries as (relpath, md5). */
export function* treeEntries(tree: Tree): Generator<[string, string]> {
  for (const [i, path] of tree.paths.entries()) {
    yield [path, digestHex(tree.digests, i)];
  }
}
