import { CellarError } from '../protocol/errors.js';
import { compareCodePoints } from './codepoints.js';
import { pythonJsonString } from './pythonjson.js';
import { ManifestReader } from './manifest-reader.js';

/** One file of a tracked directory. */
export interface ManifestEntry {
  /** POSIX path inside the directory. */
  relpath: string;
  md5: string;
}

/** Order of the entries of a `.dir` object: code points of the whole path (spec/dvc-data.md §3.2). */
export const comparePaths = compareCodePoints;

/** Most entries of one manifest (guide/reliability.md §2). */
export const MAX_ENTRIES = 5_000_000;
const CHUNK = 64 * 1024;

const OID = /^[0-9a-f]{32}$/;

/** Why a path inside a tracked directory is unsafe, or undefined: it must stay below the directory on every system (T4). */
export function unsafeRelpath(relpath: string): string | undefined {
  if (relpath === '') return 'is empty';
  if (relpath.length > 4096) return 'is longer than 4,096 characters';
  if (relpath.includes('\0')) return 'holds a NUL';
  if (relpath.startsWith('/') || /^[a-zA-Z]:/.test(relpath)) return 'is absolute';
  const parts = relpath.split('/');
  if (parts.some(part => part === '' || part === '.' || part === '..')) return 'leaves its directory';
  // On Windows a backslash separates folders; such a name could climb out there.
  if (relpath.includes('\\') && relpath.split(/[/\\]/).some(part => part === '..' || part === ''))
    return 'leaves its directory on Windows';
  return undefined;
}

/** An entry checked: `E_MANIFEST_INVALID` for an unsafe path or a hash that is none. */
export function checkEntry(entry: ManifestEntry): ManifestEntry {
  const reason = unsafeRelpath(entry.relpath);
  if (reason !== undefined) {
    throw new CellarError(
      'E_MANIFEST_INVALID',
      `A tracked directory names the path ${JSON.stringify(entry.relpath)}, which ${reason}`
    );
  }
  if (!OID.test(entry.md5)) {
    throw new CellarError(
      'E_MANIFEST_INVALID',
      `A tracked directory gives ${JSON.stringify(entry.relpath)} the hash ${JSON.stringify(entry.md5)}, which is no MD5`
    );
  }
  return entry;
}

/** Bytes of a `.dir` object in chunks of about 64 KiB; `entries` must be in the order of {@link comparePaths}. */
export function* printManifestChunks(entries: Iterable<ManifestEntry>): Generator<Buffer> {
  let text = '[';
  let separator = '';
  for (const { relpath, md5 } of entries) {
    text += `${separator}{"md5": "${md5}", "relpath": ${pythonJsonString(relpath)}}`;
    separator = ', ';
    if (text.length >= CHUNK) {
      yield Buffer.from(text, 'latin1');
      text = '';
    }
  }
  // All characters are ASCII, so latin1 is the cheapest right encoding.
  yield Buffer.from(`${text}]`, 'latin1');
}

/** Bytes of a `.dir` object; entries are sorted first. Its MD5 with `.dir` is the oid of the directory. */
export function printManifest(entries: readonly ManifestEntry[]): Buffer {
  const sorted = [...entries].sort((a, b) => comparePaths(a.relpath, b.relpath));
  return Buffer.concat([...printManifestChunks(sorted)]);
}

/**
 * Entries of a `.dir` object in file order. Key order and spaces do not matter (old DVC wrote other layouts).
 * Throws `E_MANIFEST_INVALID` for anything that is not a list of `{md5, relpath}` or that is unsafe to check out.
 */
export function parseManifest(bytes: Uint8Array): ManifestEntry[] {
  const entries: ManifestEntry[] = [];
  const reader = new ManifestReader(entry => entries.push(checkEntry(entry)), MAX_ENTRIES);
  reader.write(bytes);
  reader.end();
  return entries;
}
