import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { existsSync } from '../io/files.js';
import { runGit, splitNul } from './exec.js';
import { openIgnoreSession, type IgnoreSession } from './ignore-session.js';
import { checkRevision, checkTreePath } from './revision.js';
import { parseStatus, STATUS_ARGUMENTS, type GitStatus } from './status.js';

export type { GitStatus, GitStatusEntry } from './status.js';
export type { IgnoreSession } from './ignore-session.js';

/** A git work tree. Paths given and returned are absolute unless said otherwise; sets hold those that the question hits. */
export interface Git {
  /** Top of the work tree. */
  readonly root: string;
  /** Those of `paths` that are in the index, or hold something that is (DVC's `is_tracked`). */
  trackedAmong(paths: readonly string[]): Promise<Set<string>>;
  isTracked(path: string): Promise<boolean>;
  /** Those of `paths` that `.gitignore` rules hit, whether tracked or not; a trailing separator marks a directory. */
  ignoredAmong(paths: readonly string[]): Promise<Set<string>>;
  isIgnored(path: string): Promise<boolean>;
  /** For a walk: many questions, one process. Paths relative to `root`. */
  ignoreSession(): IgnoreSession;
  /** Put `paths` as they are now into the index; an ignored path is an error of git's. */
  add(paths: readonly string[]): Promise<void>;
  /** Take `paths` out of the index; the files stay as they are. */
  untrack(paths: readonly string[]): Promise<void>;
  /** Absolute: where this work tree has its HEAD and index, and where all of the repository's work trees share theirs. */
  folders(): Promise<{ own: string; common: string }>;
  /** Commit of HEAD; null before the first commit. */
  head(): Promise<string | null>;
  /** Name of the branch; null when detached. */
  branch(): Promise<string | null>;
  /** Commits that the upstream lacks; null without an upstream. */
  ahead(): Promise<number | null>;
  /** Full id of the commit that `rev` names; null if nothing has that name. */
  resolve(rev: string): Promise<string | null>;
  /** Bytes of a file (path relative to `root`, POSIX) at a revision; null if it is not there. */
  show(rev: string, path: string): Promise<Buffer | null>;
  /** The same for many paths of one revision with one process. */
  showMany(rev: string, paths: readonly string[]): Promise<Map<string, Buffer>>;
  status(paths?: readonly string[]): Promise<GitStatus>;
  /** `user.name` and `user.email` as configured; null when unset. */
  user(): Promise<{ name: string | null; email: string | null }>;
}

/**
 * The work tree that `dir` lies in, looking upward; null if there is none. With `search: false` only `dir` itself counts.
 * Starts no process. A `.git` file (worktree, submodule) counts like a directory.
 */
export function openGit(dir: string, options: { search?: boolean } = {}): Git | null {
  for (let at = dir; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) {
      return gitAt(at);
    }
    if (options.search === false || dirname(at) === at) {
      return null;
    }
  }
}

/** Make a repository in `dir`, as `git init` does there, and open it. */
export async function initGit(dir: string): Promise<Git> {
  await runGit(dir, ['init', '--quiet', '--', dir]);
  return gitAt(dir);
}

/** Longest sum of path bytes in one argument list; far below any system's limit. */
const ARGUMENT_BYTES = 64 * 1024;

function gitAt(root: string): Git {
  const inside = (path: string): string => {
    const rel = relative(root, path).split(sep).join('/');
    if (rel.startsWith('../') || rel === '..' || isAbsolute(rel)) {
      throw new CellarError('E_OUTSIDE_GIT', `'${path}' is outside the git repository '${root}'.`);
    }
    return rel + (path.endsWith(sep) && rel !== '' ? '/' : '');
  };
  const line = async (args: readonly string[], ok: readonly number[]): Promise<string | null> => {
    const answer = await runGit(root, args, { ok });
    return answer.code === 0 ? answer.stdout.toString('utf8').trim() : null;
  };
  let folders: ReturnType<Git['folders']> | null = null;
  const git: Git = {
    root,
    async trackedAmong(paths) {
      const asked = new Map(paths.map(path => [inside(path).replace(/\/$/, ''), path]));
      const hits = new Set<string>();
      for (const batch of batches([...asked.keys()])) {
        const answer = await runGit(root, ['ls-files', '-z', '--cached', '--', ...batch.map(path => path || '.')]);
        for (const file of splitNul(answer.stdout)) {
          for (let at = file; ; at = at.slice(0, Math.max(at.lastIndexOf('/'), 0))) {
            const path = asked.get(at);
            if (path !== undefined) {
              hits.add(path);
            }
            if (at === '') {
              break;
            }
          }
        }
      }
      return hits;
    },
    isTracked: async path => (await git.trackedAmong([path])).has(path),
    async ignoredAmong(paths) {
      const asked = new Map(paths.map(path => [inside(path), path]));
      asked.delete('');
      if (asked.size === 0) {
        return new Set();
      }
      const answer = await runGit(root, ['check-ignore', '--no-index', '-z', '--stdin'], {
        stdin: [...asked.keys()].map(path => `./${path}\0`).join(''),
        ok: [0, 1]
      });
      return new Set(splitNul(answer.stdout).flatMap(path => asked.get(path.slice(2)) ?? []));
    },
    isIgnored: async path => (await git.ignoredAmong([path])).has(path),
    ignoreSession: () => openIgnoreSession(root),
    async add(paths) {
      if (paths.length > 0) {
        const stdin = paths.map(path => `${inside(path)}\0`).join('');
        await runGit(root, ['add', '--pathspec-from-file=-', '--pathspec-file-nul'], { stdin });
      }
    },
    async untrack(paths) {
      const stdin = paths.map(path => `${inside(path)}\0`).join('');
      await runGit(root, ['rm', '-r', '--cached', '--quiet', '--pathspec-from-file=-', '--pathspec-file-nul'], {
        stdin
      });
    },
    folders: () => {
      folders ??= foldersOf(root);
      folders.catch(() => (folders = null));
      return folders;
    },
    head: () => git.resolve('HEAD'),
    branch: () => line(['symbolic-ref', '--quiet', '--short', 'HEAD'], [0, 1]),
    async ahead() {
      const count = await line(['rev-list', '--count', '@{upstream}..HEAD', '--'], [0, 128]);
      return count === null ? null : Number(count);
    },
    resolve: rev =>
      line(['rev-parse', '--verify', '--quiet', '--end-of-options', `${checkRevision(rev)}^{commit}`], [0, 1, 128]),
    async show(rev, path) {
      return (await git.showMany(rev, [path])).get(path) ?? null;
    },
    async showMany(rev, paths) {
      const commit = await git.resolve(rev);
      if (commit === null || paths.length === 0) {
        return new Map();
      }
      const stdin = paths.map(path => `${commit}:${checkTreePath(path)}\n`).join('');
      const answer = await runGit(root, ['cat-file', '--batch'], { stdin });
      return readBatch(answer.stdout, paths);
    },
    async status(paths = []) {
      const answer = await runGit(root, [...STATUS_ARGUMENTS, '--', ...paths.map(path => inside(path) || '.')]);
      return parseStatus(answer.stdout);
    },
    async user() {
      const [name, email] = await Promise.all(
        ['user.name', 'user.email'].map(key => line(['config', '--get', key], [0, 1]))
      );
      return { name: name ?? null, email: email ?? null };
    }
  };
  return git;
}

async function foldersOf(root: string): Promise<{ own: string; common: string }> {
  const answer = await runGit(root, ['rev-parse', '--absolute-git-dir', '--git-common-dir']);
  const [own = '', common = ''] = answer.stdout.toString('utf8').split('\n');
  return { own, common: resolve(root, common) };
}

function* batches(paths: readonly string[]): Generator<string[]> {
  let batch: string[] = [];
  let bytes = 0;
  for (const path of paths) {
    if (batch.length > 0 && bytes + path.length > ARGUMENT_BYTES) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(path);
    bytes += Buffer.byteLength(path) + 1;
  }
  if (batch.length > 0) {
    yield batch;
  }
}

/** Answers of `cat-file --batch` in the order asked: `<oid> blob <size>`, LF, bytes, LF; or `<name> missing`. */
function readBatch(bytes: Buffer, paths: readonly string[]): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  let at = 0;
  for (const path of paths) {
    const end = bytes.indexOf(0x0a, at);
    const header = /^[0-9a-f]+ (\w+) (\d+)$/.exec(bytes.subarray(at, end).toString('utf8'));
    at = end + 1;
    if (header) {
      const size = Number(header[2]);
      if (header[1] === 'blob') {
        found.set(path, bytes.subarray(at, at + size));
      }
      at += size + 1;
    }
  }
  return found;
}
