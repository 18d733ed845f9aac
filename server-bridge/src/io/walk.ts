/** What a directory holds, as blocks of sorted names with their stat (spec/dvc-data.md §3.3, performance.md §3.1). */
import { CellarError } from '../protocol/errors.js';
import { FACTS, setFacts } from './facts.js';
import { diskError } from './failures.js';
import { isErrno, lstatSync, readdirBytesSync, readdirSync, statSync, type BigIntStats } from './files.js';

/** True leaves the entry (and all below it) out. `path` is absolute. */
export type IgnoreEntry = (path: string, isDirectory: boolean) => boolean;

/** One directory. `names[i]` belongs to `stats[i]`; names and `dirs` are sorted so that relpaths come out in order. */
export interface WalkBlock {
  /** Absolute path, no slash at the end. */
  path: string;
  names: string[];
  /** Facts of each file, of the target for a link (`io/facts.ts`). */
  facts: BigInt64Array;
  modes: Uint32Array;
  nlinks: Uint32Array;
  /** Whether the entry itself is a symbolic link (to a file). */
  links: Uint8Array;
  dirs: WalkBlock[];
  /** Own name; '' at the top. */
  name: string;
}

export interface WalkOptions {
  ignore?: IgnoreEntry;
  /** Called after each directory with the number of files found so far; throw to stop. */
  onFiles?: (files: number) => void;
  /** What to do with a broken link: refuse (default), or leave it out. */
  brokenLinks?: 'refuse' | 'skip';
}

/**
 * Walks a tree. File links are followed, directory links left out; FIFOs, sockets, devices, broken links, names that are
 * not UTF-8 and a `.dvcignore` inside are refused.
 * @throws CellarError `E_BROKEN_LINK`, `E_NOT_A_FILE`, `E_NAME_NOT_UTF8`, `E_DVCIGNORE_INSIDE`, disk errors
 */
export function walkTree(top: string, options: WalkOptions = {}): WalkBlock {
  const count = { files: 0 };
  return walkDir(top, '', options, count);
}

function walkDir(path: string, name: string, options: WalkOptions, count: { files: number }): WalkBlock {
  const entries = readNames(path);
  const block = emptyBlock(path, name, entries.length);
  const dirs: string[] = [];
  for (const entry of entries) {
    const stats = look(`${path}/${entry}`);
    // Vanished meanwhile: as if it had never been there.
    if (stats !== null && options.ignore?.(`${path}/${entry}`, stats.isDirectory()) !== true) {
      if (stats.isDirectory()) {
        dirs.push(entry);
      } else {
        addEntry(block, entry, stats, options);
      }
    }
  }
  block.facts = block.facts.subarray(0, block.names.length * FACTS);
  count.files += block.names.length;
  options.onFiles?.(count.files);
  dirs.sort((a, b) => compareCodePoints(a + '/', b + '/'));
  for (const dir of dirs) {
    block.dirs.push(walkDir(`${path}/${dir}`, dir, options, count));
  }
  return block;
}

function addEntry(block: WalkBlock, entry: string, stats: BigIntStats, options: WalkOptions): void {
  if (entry === '.dvcignore') {
    throw dvcignoreInside(block.path);
  }
  const isLink = stats.isSymbolicLink();
  const facts = isLink ? statFile(`${block.path}/${entry}`, true, options) : stats;
  if (facts === null) {
    return;
  }
  if (!facts.isFile()) {
    throw notAFile(`${block.path}/${entry}`);
  }
  addFile(block, entry, facts, isLink);
}

function look(path: string): BigIntStats | null {
  try {
    return lstatSync(path);
  } catch (error) {
    throw diskError(error, path);
  }
}

function emptyBlock(path: string, name: string, n: number): WalkBlock {
  return {
    path,
    name,
    names: [],
    facts: new BigInt64Array(n * FACTS),
    modes: new Uint32Array(n),
    nlinks: new Uint32Array(n),
    links: new Uint8Array(n),
    dirs: []
  };
}

function addFile(block: WalkBlock, file: string, stats: BigIntStats, isLink: boolean): void {
  const i = block.names.length;
  block.names.push(file);
  setFacts(block.facts, i, stats);
  block.modes[i] = Number(stats.mode);
  block.nlinks[i] = Number(stats.nlink);
  block.links[i] = isLink ? 1 : 0;
}

/** A block for one file that is tracked by itself: as if its folder held nothing else. */
export function walkFile(path: string): WalkBlock {
  const cut = path.lastIndexOf('/');
  const isLink = lstatSync(path)?.isSymbolicLink() === true;
  const block = emptyBlock(path.slice(0, cut), '', 1);
  const stats = statFile(path, isLink, {});
  if (stats !== null) {
    addFile(block, path.slice(cut + 1), stats, isLink);
  }
  return block;
}

function dvcignoreInside(path: string): CellarError {
  return new CellarError('E_DVCIGNORE_INSIDE', `.dvcignore file should not be in collected dir path: '${path}'`, {
    next: 'Move the rules to a .dvcignore above the tracked folder.',
    exit: 255,
    at: { path }
  });
}

/** The names of a directory, sorted by code points. */
function readNames(path: string): string[] {
  try {
    const names = readdirSync(path);
    // Node decodes what is not UTF-8 to U+FFFD; only then the bytes tell a real U+FFFD from a broken name (I14).
    if (names.some(name => name.includes('\ufffd'))) {
      for (const bytes of readdirBytesSync(path)) {
        if (!Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes)) {
          throw notUtf8(path, bytes);
        }
      }
    }
    return names.some(name => ASTRAL.test(name)) ? names.sort(compareCodePoints) : names.sort();
  } catch (error) {
    throw diskError(error, path);
  }
}

function notUtf8(path: string, bytes: Buffer): CellarError {
  const shown = [...bytes].map(b =>
    b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : `\\x${b.toString(16).padStart(2, '0')}`
  );
  return new CellarError('E_NAME_NOT_UTF8', `The name '${shown.join('')}' in '${path}' is not valid UTF-8.`, {
    next: 'Rename the file.',
    at: { path }
  });
}

/** `stat` of a file to track; null when it vanished meanwhile or is a link to a directory. */
function statFile(path: string, isLink: boolean, options: WalkOptions): BigIntStats | null {
  let facts: BigIntStats | null;
  try {
    facts = statSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      return null;
    }
    throw diskError(error, path);
  }
  if (facts === null) {
    if (isLink && lstatSync(path) !== null && options.brokenLinks !== 'skip') {
      throw brokenLink(path);
    }
    return null;
  }
  if (facts.isDirectory()) {
    return null;
  }
  if (!facts.isFile()) {
    throw notAFile(path);
  }
  return facts;
}

export function brokenLink(path: string): CellarError {
  return new CellarError('E_BROKEN_LINK', `[Errno 2] No such file or directory: '${path}' is a broken link.`, {
    next: 'Remove the link or restore what it points to.',
    exit: 255,
    at: { path }
  });
}

export function notAFile(path: string): CellarError {
  return new CellarError('E_NOT_A_FILE', `'${path}' is neither a file nor a folder (a pipe, socket or device).`, {
    next: 'Move it out of the tracked folder.',
    exit: 255,
    at: { path }
  });
}

const ASTRAL = /[\ud800-\udfff]/;

/** Order by Unicode code points, which is the order of the UTF-8 bytes and Python's order (spec/dvc-data.md §3.2). */
export function compareCodePoints(a: string, b: string): number {
  if (ASTRAL.test(a) || ASTRAL.test(b)) {
    return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Visits all files of a walk in the order of their relpaths. `index` counts inside the block. */
export function visitFiles(block: WalkBlock, visit: (block: WalkBlock, index: number, relpath: string) => void): void {
  visitBlock(block, '', visit);
}

function visitBlock(
  block: WalkBlock,
  prefix: string,
  visit: (block: WalkBlock, index: number, relpath: string) => void
): void {
  let d = 0;
  for (let i = 0; i <= block.names.length; i++) {
    const name = block.names[i];
    for (let dir = block.dirs[d]; dir !== undefined; dir = block.dirs[++d]) {
      if (name !== undefined && compareCodePoints(name, dir.name + '/') < 0) {
        break;
      }
      visitBlock(dir, `${prefix}${dir.name}/`, visit);
    }
    if (name !== undefined) {
      visit(block, i, prefix + name);
    }
  }
}
