import { splitNul } from './exec.js';

/** One path of `git status`. `index` and `worktree` are git's letters (`.` unchanged, `?` untracked, `!` ignored, `U` unmerged). */
export interface GitStatusEntry {
  /** Relative to the work tree, POSIX. */
  path: string;
  index: string;
  worktree: string;
  /** Where a renamed or copied path came from. */
  from?: string;
}

export interface GitStatus {
  /** Commit of HEAD, null before the first commit. */
  head: string | null;
  /** Branch, null when detached. */
  branch: string | null;
  upstream: string | null;
  /** Commits that the upstream lacks, and that it has over us; null without an upstream. */
  ahead: number | null;
  behind: number | null;
  entries: GitStatusEntry[];
}

/** Arguments whose output `parseStatus` reads. */
export const STATUS_ARGUMENTS = ['status', '--porcelain=v2', '-z', '--branch'] as const;

/** Parse `git status --porcelain=v2 -z --branch` (git-status(1), *Porcelain Format Version 2*). */
export function parseStatus(output: Buffer): GitStatus {
  const status: GitStatus = { head: null, branch: null, upstream: null, ahead: null, behind: null, entries: [] };
  const items = splitNul(output);
  for (let i = 0; i < items.length; i += 1) {
    const item = items[i] ?? '';
    const kind = item.charAt(0);
    if (kind === '#') {
      readHeader(status, item);
    } else if (kind === '1') {
      status.entries.push(changed(item, 8));
    } else if (kind === '2') {
      // A rename is followed by an item of its own: the old path.
      i += 1;
      status.entries.push({ ...changed(item, 9), from: items[i] ?? '' });
    } else if (kind === 'u') {
      status.entries.push({ ...changed(item, 10), index: 'U', worktree: 'U' });
    } else if (kind === '?' || kind === '!') {
      status.entries.push({ path: item.slice(2), index: kind, worktree: kind });
    }
  }
  return status;
}

function readHeader(status: GitStatus, line: string): void {
  const [, name, ...values] = line.split(' ');
  const value = values.join(' ');
  if (name === 'branch.oid') {
    status.head = value === '(initial)' ? null : value;
  } else if (name === 'branch.head') {
    status.branch = value === '(detached)' ? null : value;
  } else if (name === 'branch.upstream') {
    status.upstream = value;
  } else if (name === 'branch.ab') {
    const counts = /^\+(\d+) -(\d+)$/.exec(value);
    status.ahead = counts ? Number(counts[1]) : null;
    status.behind = counts ? Number(counts[2]) : null;
  }
}

/** `fields` space-separated fields stand before the path, which may hold spaces itself. */
function changed(item: string, fields: number): GitStatusEntry {
  const parts = item.split(' ');
  const letters = parts[1] ?? '..';
  return { path: parts.slice(fields).join(' '), index: letters.charAt(0), worktree: letters.charAt(1) };
}
