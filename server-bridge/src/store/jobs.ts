/** What is sent to the code that touches many files: plain data, so that it also travels to worker threads. */
import type { HashName } from '../formats/entries.js';
import { digestHex } from './columns.js';
import { inside, objectPath } from './layout.js';
import type { LinkType } from './links.js';

/** Where and how objects are put. */
export interface Staging {
  /** The folder that holds the 256 prefix folders. */
  objects: string;
  /** Names the temp files, so that what a dead process left can be told (I2). */
  operation: string;
  how: 'copy' | 'hardlink' | 'reflink';
  /** Mode of new folders, for `cache.shared=group`; otherwise the default. */
  dirMode?: number;
  /** Linked files that changed at or after this file-system time are fsynced one by one (hardlink). */
  syncedAt: bigint;
}

/** Hash files, and with `staging` store them: into temp files, or for hard links under their names. */
export interface HashJob {
  kind: 'hash';
  paths: string[];
  /** The facts the caller saw (`io/facts.ts`). */
  facts: BigInt64Array;
  name: HashName;
  staging?: Staging;
}

export interface HashReply {
  kind: 'hash';
  digests: Uint8Array;
  /** Facts that belong to the digests: from before the read, unchanged after it. */
  facts: BigInt64Array;
  /** 1 where a younger ctime is our own doing (hard link). */
  ours: Uint8Array;
  /** Rows whose object has a temp file that waits for `publish`. */
  staged: number[];
  /** Rows whose object was there already; the caller verifies it. */
  existing: number[];
  failures: Failure[];
}

/** Give staged objects their names. */
export interface PublishJob {
  kind: 'publish';
  objects: string;
  operation: string;
  oids: string[];
  /** The time that the objects get (`settledTime`), in seconds; null: that of their writing. */
  time: number | null;
}

export interface PublishReply {
  kind: 'publish';
  /** Oids that somebody else published meanwhile. */
  existing: string[];
  failures: Failure[];
}

/** Make workspace files from objects. */
export interface PlaceJob {
  kind: 'place';
  /** The folder of the objects; `sourceOf` and `targetOf` give the paths of a row: no text is kept for each. */
  cache: string;
  /** The out, and its files relative to it ('': the out itself). */
  top: string;
  relpaths: string[];
  /** What the object of each row must hash to; its name, too. */
  digests: Uint8Array;
  name: HashName;
  /** Facts with which each object was verified: it need not be read again to be linked, but it must still be that one. */
  objects: BigInt64Array;
  types: LinkType[];
  /** 1: owner may execute (always a copy or reflink). */
  exec: Uint8Array;
  /** Facts of the file that is there and may be replaced; all zero: nothing may be there. */
  expected: BigInt64Array;
  /** Folder for unfinished files, on the workspace's file system. */
  scratch: string;
  /** Number of the first row's name in `scratch`; parts of one job share the folder. */
  firstScratch: number;
  /** The time that copies and clones get (`settledTime`), in seconds; null: that of their writing. */
  time: number | null;
}

/** The object of a row. */
export function sourceOf(job: PlaceJob, row: number): string {
  return objectPath(job.cache, digestHex(job.digests, row));
}

/** The workspace file of a row. */
export function targetOf(job: PlaceJob, row: number): string {
  return inside(job.top, job.relpaths[row] ?? '');
}

export const PLACED = 0;
export const OBJECT_MISSING = 1;
export const OBJECT_CORRUPT = 2;
export const TARGET_CHANGED = 3;
export const PLACE_FAILED = 4;

export interface PlaceReply {
  kind: 'place';
  states: Uint8Array;
  /** Facts of the new workspace file (of the target for a symlink); all zero: not known. */
  facts: BigInt64Array;
  /** Facts of the object after the work; all zero: not looked at. */
  objects: BigInt64Array;
  /** 1 where the workspace file is the object's inode, so that a younger ctime is our own doing. */
  ours: Uint8Array;
  /** 1 where it is a file of its own that bears the time of the job. */
  timed: Uint8Array;
  failures: Failure[];
}

export interface Failure {
  row: number;
  code: string;
  message: string;
  path: string;
  next?: string;
  errno?: string;
}

export type Job = HashJob | PublishJob | PlaceJob;
export type Reply = HashReply | PublishReply | PlaceReply;

/** Work is cut into steps; each yields the files and bytes done since the last one, so that others get their turn. */
export interface Step {
  files: number;
  bytes: number;
}

export interface Progress {
  files: number;
  bytes: number;
  totalFiles: number;
  totalBytes: number;
}

/** Told at the start, at least every 200 ms, and at the end. */
export type OnProgress = (progress: Progress) => void;
