import type { Hash, Meta, OutFlags, RecordedPath } from '../formats/entries.js';
import type { OnProgress } from '../store/jobs.js';

/** A word of `status` for a dep or an out; empty when nothing changed (spec/dvc-pipelines.md §3.2). */
export type OutStatus = '' | 'new' | 'modified' | 'deleted' | 'not in cache';

/** What a run of hashing learned about a path: `Meta` sizes are bytes, `nfiles` only for a directory. */
export interface OutFacts extends Meta {
  hash: Hash;
}

/** An out of a `.dvc` file or of a pipeline stage, with an absolute path. */
export interface Out {
  abs: string;
  flags: OutFlags;
  /** What the `.dvc` file or `dvc.lock` records; absent when the out was never saved. */
  recorded?: RecordedPath;
}

export interface WorkOptions {
  /** Told at the start, at least every 200 ms and at the end, with totals. */
  progress?: OnProgress;
  signal?: AbortSignal;
}

/** Defaults of an out as `dvc add` makes it. */
export const PLAIN_OUT: OutFlags = { kind: 'out', cache: true, persist: false, push: true };
