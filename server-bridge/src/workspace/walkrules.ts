import type { IgnoreEntry } from '../io/walk.js';
import { DIGEST, digestHex } from '../store/columns.js';
import { treeOfScan, type HashContext, type Scan } from '../store/hashtree.js';
import { treeOid } from '../store/tree.js';
import type { Project } from './project.js';

/** Entry filter for walks of data: `.dvcignore`, built-in rules, nested projects. */
export function ignoreEntry(project: Project): IgnoreEntry {
  return (path, isDirectory) => project.ignore.ignoresEntry(path, isDirectory);
}

/** What the store needs to hash and place files of this project. */
export function hashContext(project: Project): HashContext {
  return { index: project.index, ignore: ignoreEntry(project) };
}

/** The oid of what was scanned: of a file its MD5, of a folder that of its directory object. */
export function hashOfScan(scan: Scan): string {
  return scan.kind === 'file'
    ? digestHex(scan.digests.get(scan.top) ?? new Uint8Array(DIGEST), 0)
    : treeOid(treeOfScan(scan).tree);
}
