import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { CellarError } from '../protocol/errors.js';
import { gitArguments, gitEnvironment } from './exec.js';
import { findGit } from './binary.js';

/** A `git check-ignore` that stays open for the length of a walk: one process instead of one for each directory. */
export interface IgnoreSession {
  /** Which of `paths` (relative to the root, POSIX; a trailing `/` marks a directory) the rules of `.gitignore` hit. */
  ignored(paths: readonly string[]): Promise<Set<string>>;
  /** Must be called, also when the walk failed: an open session keeps its process. */
  close(): void;
}

interface Pending {
  left: number;
  hits: Set<string>;
  resolve(hits: Set<string>): void;
  reject(error: Error): void;
}

/**
 * Open a session in the work tree `root`. Rules alone count, not the index, as in DVC (a tracked file can be ignored).
 * With `-v -n` git answers every path with four NUL-ended fields, so answers can be counted.
 */
export function openIgnoreSession(root: string): IgnoreSession {
  const child: ChildProcessWithoutNullStreams = spawn(
    findGit(),
    gitArguments(['check-ignore', '--no-index', '--verbose', '--non-matching', '-z', '--stdin']),
    { cwd: root, env: gitEnvironment(), stdio: 'pipe', windowsHide: true }
  );
  const queue: Pending[] = [];
  let rest = '';
  let fields: string[] = [];
  let ended: Error | null = null;
  let stderr = '';

  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\0');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      fields.push(part);
      if (fields.length === 4) {
        answer(fields);
        fields = [];
      }
    }
  });
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (chunk: string) => (stderr += chunk));
  child.on('error', fail);
  child.on('close', () => fail(new CellarError('E_GIT', `git check-ignore ended early: ${stderr.trim()}`)));
  child.stdin.on('error', fail);

  function answer([, , pattern, path]: string[]): void {
    const current = queue[0];
    if (!current || path === undefined || pattern === undefined) {
      return;
    }
    if (pattern !== '' && !pattern.startsWith('!')) {
      current.hits.add(path.slice(2));
    }
    current.left -= 1;
    if (current.left === 0) {
      queue.shift();
      current.resolve(current.hits);
    }
  }

  function fail(error: Error): void {
    ended ??= error;
    for (const pending of queue.splice(0)) {
      pending.reject(ended);
    }
  }

  return {
    ignored(paths) {
      if (ended) {
        return Promise.reject(ended);
      }
      if (paths.length === 0) {
        return Promise.resolve(new Set());
      }
      return new Promise((resolve, reject) => {
        queue.push({ left: paths.length, hits: new Set(), resolve, reject });
        child.stdin.write(paths.map(path => `./${path}\0`).join(''));
      });
    },
    close() {
      child.removeAllListeners('close');
      child.stdin.end();
    }
  };
}
