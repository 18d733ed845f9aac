/**
 * The few system calls that Node does not offer, through the optional `koffi`. Every one has a fallback or refuses:
 * locks use a helper process (`flock.ts`), syncs fall back to fsync of each file, publishing to link + unlink.
 */
import { createRequire } from 'node:module';
import { announce } from './files.js';

interface NativeCalls {
  flock(fd: number, operation: number): number;
  syncfs(fd: number): number;
  linkat(fromDir: number, from: string, toDir: number, to: string, flags: number): number;
  renameat2: ((fromDir: number, from: string, toDir: number, to: string, flags: number) => number) | null;
  errno(): number;
}

interface Koffi {
  load(path: string | null): { func(declaration: string): (...args: unknown[]) => number };
  errno(): number;
}

let loaded: NativeCalls | null | undefined;

/** The native calls, or null where `koffi` is missing, switched off (`CELLAR_NO_NATIVE=1`) or the system is not Linux. */
export function native(): NativeCalls | null {
  if (loaded === undefined) {
    loaded = process.env['CELLAR_NO_NATIVE'] === '1' ? null : load();
  }
  return loaded;
}

/** For tests: pretend the native calls are absent (`true`) or look again (`false`). */
export function withoutNative(absent: boolean): void {
  loaded = absent ? null : undefined;
}

function load(): NativeCalls | null {
  if (process.platform !== 'linux' && process.platform !== 'darwin') {
    return null;
  }
  try {
    const koffi = loadKoffi(createRequire(import.meta.url));
    const libc = koffi.load(null);
    const linux = process.platform === 'linux';
    return {
      flock: libc.func('int flock(int fd, int operation)'),
      syncfs: linux ? libc.func('int syncfs(int fd)') : () => -1,
      linkat: linux ? libc.func('int linkat(int, const char *, int, const char *, int)') : () => -1,
      renameat2: linux ? optional(libc, 'int renameat2(int, const char *, int, const char *, unsigned int)') : null,
      errno: () => koffi.errno()
    };
  } catch {
    return null;
  }
}

/**
 * Koffi without its JavaScript where its platform package is as we know it: that part only chooses among platforms, and
 * costs a command 15 ms and 8 MB.
 */
function loadKoffi(require: NodeJS.Require): Koffi {
  const { platform, arch } = process;
  for (const build of platform === 'linux' ? [`linux_${arch}`, `musl_${arch}`] : [`${platform}_${arch}`]) {
    try {
      const koffi = require(`@koromix/koffi-${platform}-${arch}/${build}/koffi.node`) as Partial<Koffi>;
      if (typeof koffi.load === 'function' && typeof koffi.errno === 'function') {
        return koffi as Koffi;
      }
    } catch {
      // Another system's build, or another layout of the package: koffi itself knows.
    }
  }
  return require('koffi') as Koffi;
}

function optional(libc: ReturnType<Koffi['load']>, declaration: string): ((...args: unknown[]) => number) | null {
  try {
    return libc.func(declaration);
  } catch {
    return null;
  }
}

const AT_FDCWD = -100;
const AT_SYMLINK_FOLLOW = 0x400;
const RENAME_NOREPLACE = 1;
const RENAME_EXCHANGE = 2;
const EEXIST = 17;

/** How a native attempt to make a name ended. `unsupported` means: use the portable way. */
export type NameResult = 'done' | 'exists' | 'unsupported';

/** Gives the open file `fd` the new name `to`: exactly the inode that was read, whatever the old name means now. */
export function linkHandle(fd: number, to: string): NameResult {
  const calls = native();
  if (calls === null || process.platform !== 'linux') {
    return 'unsupported';
  }
  announce('link', to);
  if (calls.linkat(AT_FDCWD, `/proc/self/fd/${fd}`, AT_FDCWD, to, AT_SYMLINK_FOLLOW) === 0) {
    return 'done';
  }
  return calls.errno() === EEXIST ? 'exists' : 'unsupported';
}

/** Renames without ever replacing an existing name. */
export function renameNoReplace(from: string, to: string): NameResult {
  const calls = native();
  if (calls === null || calls.renameat2 === null) {
    return 'unsupported';
  }
  announce('rename', to);
  if (calls.renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) === 0) {
    return 'done';
  }
  return calls.errno() === EEXIST ? 'exists' : 'unsupported';
}

/** Swaps two names in one step; false where the system cannot. */
export function exchange(a: string, b: string): boolean {
  const calls = native();
  if (calls === null || calls.renameat2 === null) {
    return false;
  }
  announce('exchange', b);
  return calls.renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) === 0;
}
