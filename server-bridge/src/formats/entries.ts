import type { ValueMap } from './value.js';

/** Name of a hash as DVC writes it; an entry without `hash:` is the legacy `md5-dos2unix` (spec/dvc-data.md §2.8). */
export type HashName = 'md5' | 'md5-dos2unix' | 'etag' | 'checksum';

export interface Hash {
  name: HashName;
  /** Lower-case hex for MD5, with `.dir` for a directory. */
  value: string;
}

/** Informative facts of an out; status never compares them (spec/dvc-data.md §3.4). Sizes are bytes. */
export interface Meta {
  size?: bigint;
  nfiles?: bigint;
  isexec?: boolean;
}

export type OutKind = 'out' | 'metric' | 'plot';

/** One dep or out as `dvc.lock` or a `.dvc` file records it. `path` is as written there. */
export interface RecordedPath extends Meta {
  path: string;
  hash?: Hash;
  /** Keys that we carry but do not interpret: `cloud`, `files`, `version_id`, `dataset`, `repo` … in file order. */
  extra?: ValueMap;
}

/** How an out behaves, from `dvc.yaml` or a `.dvc` file. */
export interface OutFlags {
  kind: OutKind;
  cache: boolean;
  persist: boolean;
  push: boolean;
  remote?: string;
}

export interface LockEntry {
  cmd: string | string[];
  deps: RecordedPath[];
  /** File → key → value, as the lock holds them. */
  params: Map<string, ValueMap>;
  outs: RecordedPath[];
}
