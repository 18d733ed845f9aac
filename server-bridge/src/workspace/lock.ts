import { acquireProjectLock, setLockHolder } from '../io/flock.js';
import { readTextIfSync } from '../io/files.js';
import { acquireRwLock } from '../io/rwlock.js';
import type { Project } from './project.js';
import { recover } from './recovery.js';
import { lockByHelper } from '../run/lock-helper.js';

// Without native calls a process of its own holds the lock.
setLockHolder(lockByHelper);

export interface ProjectLockOptions {
  signal?: AbortSignal;
  /** Milliseconds to wait for another process; null waits as long as it takes; default 3,000 as DVC. */
  wait?: number | null;
  /** Told who holds the project, in words, once for each holder. */
  onWait?(holder: string): void;
}

/**
 * Does `work` with the project to itself: DVC's main lock (spec/dvc-data.md §1.5). What a killed process left is mended
 * first (I2). Files that `work` wrote for git are kept in `project.gitFiles`; ignore lines go away again when it fails.
 * @throws CellarError `E_LOCKED` (255)
 */
export async function withProjectLock<T>(
  project: Project,
  options: ProjectLockOptions,
  work: () => Promise<T>
): Promise<T> {
  const hardlink = project.config.flag('core', 'hardlink_lock');
  const release = await acquireProjectLock(project.tmpDir, {
    signal: options.signal,
    hardlink,
    timeout: options.wait === null ? Infinity : (options.wait ?? 3000),
    onWait: pid => options.onWait?.(holderText(pid))
  });
  try {
    recover(project);
    const result = await work();
    project.gitFiles.keep();
    return result;
  } catch (error) {
    project.gitFiles.rollBack();
    throw error;
  } finally {
    try {
      project.save();
    } finally {
      await release();
    }
  }
}

/** Registers paths that are read and written, so that a running `dvc repro` and we keep out of each other's way. */
export async function withPaths<T>(
  project: Project,
  paths: { read?: readonly string[]; write?: readonly string[]; signal?: AbortSignal },
  work: () => Promise<T>
): Promise<T> {
  const release = await acquireRwLock(project.tmpDir, {
    cmd: process.argv.join(' '),
    read: paths.read ?? [],
    write: paths.write ?? [],
    signal: paths.signal,
    hardlink: project.config.flag('core', 'hardlink_lock')
  });
  try {
    return await work();
  } finally {
    await release();
  }
}

/** Name of a process for a person who waits: its command where the system tells, else its number. */
export function holderText(pid: number | null): string {
  if (pid === null) {
    return 'another process';
  }
  const argv = commandLine(pid);
  return argv === '' ? `process ${pid}` : `\`${argv}\` (process ${pid})`;
}

function commandLine(pid: number): string {
  try {
    const words = (readTextIfSync(`/proc/${pid}/cmdline`) ?? '').split('\0').filter(word => word !== '');
    // An interpreter and the path of a script say less than the script's name and its arguments.
    const script = words.findIndex(word => /(^|\/)(dvc|cellar|[\w.-]+\.m?js)$/.test(word));
    const shown = script < 0 ? words : [words[script]?.replace(/^.*\//, '') ?? '', ...words.slice(script + 1)];
    // One line, without what could steer a terminal.
    return shown
      .join(' ')
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .slice(0, 80)
      .trim();
  } catch {
    return '';
  }
}
