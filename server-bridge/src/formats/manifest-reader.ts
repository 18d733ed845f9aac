import { CellarError } from '../protocol/errors.js';
import type { ManifestEntry } from './manifest.js';

const HASH_KEYS = new Set(['md5', 'etag', 'checksum']);

/** Longest string that an entry may hold, in bytes of the file: a path of 4,096 characters, all escaped. */
const MAX_STRING = 64 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What the reader waits for next. */
type State = 'start' | 'item' | 'key' | 'colon' | 'value' | 'afterValue' | 'afterItem' | 'firstItem' | 'end';

function problem(words: string): CellarError {
  return new CellarError('E_MANIFEST_INVALID', `The list of files of a tracked directory is damaged: ${words}`, {
    next: 'Fetch it again from a remote, or add the directory again.'
  });
}

/**
 * Reads a `.dir` object from bytes as they come, one entry at a time, without building the text: memory stays flat for
 * millions of files. Call `write` for each chunk and `end` once. Throws `E_MANIFEST_INVALID`.
 */
export class ManifestReader {
  constructor(
    private readonly onEntry: (entry: ManifestEntry) => void,
    private readonly maxEntries: number
  ) {}

  write(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this._inString) {
        at = this._string(bytes, at);
        continue;
      }
      const byte = bytes[at++] ?? 0;
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) continue;
      if (byte === QUOTE) this._openString();
      else this._mark(byte);
    }
  }

  end(): void {
    if (this._state !== 'end' || this._inString) throw problem('it ends in the middle');
  }

  private _openString(): void {
    if (this._state !== 'key' && this._state !== 'value') throw problem('a text stands where none belongs');
    this._inString = true;
    this._escaped = false;
    this._hasEscape = false;
    this._parts = [];
    this._length = 0;
  }

  /** Takes bytes up to the closing quote; returns where it stopped. */
  private _string(bytes: Uint8Array, from: number): number {
    let at = from;
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (this._escaped) this._escaped = false;
      else if (byte === BACKSLASH) {
        this._escaped = true;
        this._hasEscape = true;
      } else if (byte === QUOTE) break;
    }
    this._length += at - from;
    if (this._length > MAX_STRING) throw problem('a text in it is too long');
    const closed = at < bytes.length;
    if (!closed || this._parts.length > 0) this._parts.push(bytes.slice(from, at));
    if (!closed) return at;
    this._closeString(this._parts.length > 0 ? Buffer.concat(this._parts) : bytes.subarray(from, at));
    return at + 1;
  }

  private _closeString(raw: Uint8Array): void {
    this._inString = false;
    const text = this._decode(raw);
    if (this._state === 'key') {
      this._key = text;
      this._state = 'colon';
    } else {
      this._put(text);
      this._state = 'afterValue';
    }
  }

  private _decode(raw: Uint8Array): string {
    const buffer = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
    const text = buffer.toString('utf8');
    if (text.includes('\ufffd') && !buffer.includes('\ufffd')) throw problem('it is not UTF-8');
    if (!this._hasEscape) return text;
    try {
      const decoded: unknown = JSON.parse(`"${text}"`);
      return String(decoded);
    } catch {
      throw problem('a text in it is malformed');
    }
  }

  private _put(text: string): void {
    if (this._key === 'relpath' && this._relpath === undefined) this._relpath = text;
    else if (HASH_KEYS.has(this._key) && this._hash === undefined) this._hash = text;
    else throw problem(`an entry has the key ${JSON.stringify(this._key)}`);
  }

  private _mark(byte: number): void {
    const mark = String.fromCharCode(byte);
    const next = STEPS.get(`${this._state} ${mark}`);
    if (next === undefined) throw problem(`'${mark}' stands where it does not belong`);
    if (mark === '}') this._finishEntry();
    this._state = next;
  }

  private _finishEntry(): void {
    if (this._relpath === undefined || this._hash === undefined) throw problem('an entry lacks its path or its hash');
    if (++this._count > this.maxEntries) throw problem(`it has more than ${this.maxEntries} files`);
    this.onEntry({ relpath: this._relpath, md5: this._hash });
    this._relpath = undefined;
    this._hash = undefined;
  }

  private _state: State = 'start';
  private _inString = false;
  private _escaped = false;
  private _hasEscape = false;
  private _parts: Uint8Array[] = [];
  private _length = 0;
  private _key = '';
  private _relpath: string | undefined;
  private _hash: string | undefined;
  private _count = 0;
}

const STEPS = new Map<string, State>([
  ['start [', 'firstItem'],
  ['firstItem ]', 'end'],
  ['firstItem {', 'key'],
  ['item {', 'key'],
  ['colon :', 'value'],
  ['afterValue ,', 'key'],
  ['afterValue }', 'afterItem'],
  ['afterItem ,', 'item'],
  ['afterItem ]', 'end']
]);
