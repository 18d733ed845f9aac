/**
 * The file of an index: a head, then records `magic, length, crc32, 0 | payload`; a later record of a directory replaces
 * an earlier one, so changes are appended. A torn or strange tail is ignored, everything before it stays good.
 *
 * payload: u32 length of dir, u32 rows, u32 length of names, u32 0, f64 nonce | facts 40×rows | digests 16×rows | flags rows |
 * dir | names joined by NUL | zeros up to a multiple of 8. All numbers are little-endian.
 */
import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { appendFileSync, isErrno, readFileSync } from '../io/files.js';
import { publishFile } from '../io/publish.js';
import { FACTS } from '../io/facts.js';
import { DIGEST } from './columns.js';

/** Rows of one directory, sorted by name. Names stay one text until somebody needs them one by one. */
export class IndexBlock {
  private list: string[] | undefined;

  constructor(
    /** The names joined by NUL. */
    readonly text: string,
    readonly count: number,
    readonly facts: BigInt64Array,
    readonly digests: Uint8Array,
    readonly flags: Uint8Array,
    /** Made anew with the block: equal nonces mean equal rows. */
    readonly nonce: number
  ) {}

  static of(names: string[], facts: BigInt64Array, digests: Uint8Array, flags: Uint8Array): IndexBlock {
    const block = new IndexBlock(names.join('\0'), names.length, facts, digests, flags, randomInt(1, 2 ** 48 - 1));
    block.list = names;
    return block;
  }

  get names(): readonly string[] {
    this.list ??= this.count === 0 ? [] : this.text.split('\0');
    return this.list;
  }
}

/** Unpacks a block on demand. */
export type PackedBlock = () => IndexBlock;

const HEAD = Buffer.from('cellar-index 002');
const MAGIC = 0x314b4c42;
const RECORD_HEAD = 16;
const PAYLOAD_HEAD = 24;
const ROW = FACTS * 8;

export interface ReadIndex {
  blocks: Map<string, PackedBlock>;
  /** Bytes of the file that are good; 0 when there is none. */
  size: number;
  /** Bytes of records that a later one replaced. */
  appended: number;
  damaged: boolean;
}

/** Reads an index file; a missing, foreign or damaged one gives what could be read, never an error. */
export function readBlocks(file: string): ReadIndex {
  const result: ReadIndex = { blocks: new Map(), size: 0, appended: 0, damaged: false };
  const bytes = readAligned(file);
  if (bytes === null || !bytes.subarray(0, HEAD.length).equals(HEAD)) {
    return result;
  }
  const lengths = new Map<string, number>();
  let at = HEAD.length;
  while (at + RECORD_HEAD <= bytes.length) {
    const length = bytes.readUInt32LE(at + 4);
    const start = at + RECORD_HEAD;
    const payload = bytes.subarray(start, start + length);
    if (bytes.readUInt32LE(at) !== MAGIC || payload.length !== length || !checks(payload, bytes.readUInt32LE(at + 8))) {
      break;
    }
    const n = payload.readUInt32LE(4);
    const dirAt = PAYLOAD_HEAD + n * (ROW + DIGEST + 1);
    const dir = payload.toString('utf8', dirAt, dirAt + payload.readUInt32LE(0));
    result.appended += lengths.get(dir) ?? 0;
    lengths.set(dir, RECORD_HEAD + length);
    if (n === 0) {
      result.blocks.delete(dir);
    } else {
      result.blocks.set(dir, () => unpack(payload));
    }
    at = start + length;
  }
  result.size = at;
  result.damaged = at !== bytes.length;
  return result;
}

function checks(payload: Buffer, crc: number): boolean {
  return payload.length >= PAYLOAD_HEAD && payload.length % 8 === 0 && crc32(payload) === crc;
}

function readAligned(file: string): Buffer | null {
  try {
    const bytes = readFileSync(file);
    return bytes.byteOffset % 8 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
  } catch (error) {
    if (isErrno(error)) {
      return null;
    }
    throw error;
  }
}

function unpack(payload: Buffer): IndexBlock {
  const n = payload.readUInt32LE(4);
  const digestsAt = PAYLOAD_HEAD + n * ROW;
  const flagsAt = digestsAt + n * DIGEST;
  const namesAt = flagsAt + n + payload.readUInt32LE(0);
  return new IndexBlock(
    payload.toString('utf8', namesAt, namesAt + payload.readUInt32LE(8)),
    n,
    new BigInt64Array(payload.buffer, payload.byteOffset + PAYLOAD_HEAD, n * FACTS),
    payload.subarray(digestsAt, flagsAt),
    payload.subarray(flagsAt, flagsAt + n),
    payload.readDoubleLE(16)
  );
}

function pack(dir: string, block: IndexBlock): Buffer {
  const n = block.count;
  const dirBytes = Buffer.from(dir, 'utf8');
  const names = Buffer.from(block.text, 'utf8');
  const tail = PAYLOAD_HEAD + n * (ROW + DIGEST + 1);
  const length = (tail + dirBytes.length + names.length + 7) & ~7;
  const record = Buffer.alloc(RECORD_HEAD + length);
  const payload = record.subarray(RECORD_HEAD);
  payload.writeUInt32LE(dirBytes.length, 0);
  payload.writeUInt32LE(n, 4);
  payload.writeUInt32LE(names.length, 8);
  payload.writeDoubleLE(block.nonce, 16);
  payload.set(new Uint8Array(block.facts.buffer, block.facts.byteOffset, n * ROW), PAYLOAD_HEAD);
  payload.set(block.digests, PAYLOAD_HEAD + n * ROW);
  payload.set(block.flags, PAYLOAD_HEAD + n * (ROW + DIGEST));
  payload.set(dirBytes, tail);
  payload.set(names, tail + dirBytes.length);
  record.writeUInt32LE(MAGIC, 0);
  record.writeUInt32LE(length, 4);
  record.writeUInt32LE(crc32(payload), 8);
  return record;
}

const PIECE = 256 * 1024;

/** Appends records, some at a time; returns their bytes. */
export function appendBlocks(file: string, blocks: Iterable<readonly [string, IndexBlock]>): number {
  let records: Buffer[] = [];
  let waiting = 0;
  let total = 0;
  const flush = (): void => {
    appendFileSync(file, Buffer.concat(records));
    total += waiting;
    records = [];
    waiting = 0;
  };
  for (const [dir, block] of blocks) {
    const record = pack(dir, block);
    records.push(record);
    waiting += record.length;
    if (waiting >= PIECE) {
      flush();
    }
  }
  if (waiting > 0) {
    flush();
  }
  return total;
}

/** Writes the whole index anew and puts it in place atomically; returns its bytes. */
export function writeBlocks(file: string, blocks: Iterable<readonly [string, IndexBlock]>): number {
  const bytes = Buffer.concat([HEAD, ...[...blocks].map(([dir, block]) => pack(dir, block))]);
  publishFile(file, bytes, { volatile: true, mode: 0o600 });
  return bytes.length;
}
