/** What a failing disk says to a user: errno → code, sentence, next step (I13). */
import { CellarError } from '../protocol/errors.js';
import { isErrno } from './files.js';

const SENTENCES: Record<string, [code: string, what: string, next: string]> = {
  ENOSPC: ['E_DISK_FULL', 'the disk is full', 'Free some space and run the same command again; nothing was lost.'],
  EDQUOT: ['E_DISK_FULL', 'your disk quota is used up', 'Free some space and run the same command again.'],
  EROFS: ['E_READ_ONLY', 'the file system is read-only', 'Mount it writable and run the same command again.'],
  EIO: ['E_DISK_IO', 'the disk reports an input/output error', 'Check the disk, then run the same command again.'],
  EMFILE: ['E_TOO_MANY_OPEN', 'too many files are open', 'Raise the limit (ulimit -n) and try again.'],
  ENFILE: ['E_TOO_MANY_OPEN', 'too many files are open on this machine', 'Close other programs and try again.'],
  EACCES: ['E_NO_PERMISSION', 'permission denied', 'Check the owner and the mode of the path.'],
  EPERM: ['E_NO_PERMISSION', 'operation not permitted', 'Check the owner and the mode of the path.'],
  ENAMETOOLONG: ['E_NAME_TOO_LONG', 'the name is too long for this file system', 'Use a shorter path.'],
  ELOOP: ['E_LINK_LOOP', 'too many levels of symbolic links', 'Remove the link that points to itself.'],
  ESTALE: ['E_STALE_HANDLE', 'the network file system lost the file', 'Run the same command again.'],
  ENOENT: ['E_FILE_MISSING', 'no such file or directory', 'Check the path.'],
  ENOTDIR: ['E_NOT_A_DIRECTORY', 'a part of the path is not a directory', 'Check the path.'],
  EXDEV: ['E_OTHER_DEVICE', 'the two paths are on different file systems', 'Choose another cache type (cache.type).']
};

/** Turns an errno error into the error a user meets; anything else passes unchanged. */
export function diskError(error: unknown, path?: string): unknown {
  if (!isErrno(error)) {
    return error;
  }
  const known = SENTENCES[error.code ?? ''];
  const where = path ?? error.path ?? 'the project';
  const [code, what, next] = known ?? ['E_DISK', error.message, 'Run the same command again.'];
  return new CellarError(code, `${where}: ${what}`, {
    next,
    exit: 255,
    at: { path: where },
    data: { errno: error.code, syscall: error.syscall },
    cause: error
  });
}

/** Runs work and turns its errno errors into those a user meets. */
export async function withDiskErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskError(error, error instanceof Error && 'path' in error ? undefined : path);
  }
}
