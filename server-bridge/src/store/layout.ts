/** Names inside a cache (spec/dvc-data.md §4.1). */
import { CellarError } from '../protocol/errors.js';
import type { HashName } from '../formats/entries.js';

const OID = /^[0-9a-f]{32}(\.dir)?$/;

/** Only a real oid ever becomes a path (T5). @throws CellarError `E_BAD_OID` */
export function assertOid(oid: string): void {
  if (!OID.test(oid)) {
    throw new CellarError('E_BAD_OID', `'${oid}' is not the name of an object.`, {
      next: 'Correct the hash in the .dvc file or dvc.lock.',
      data: { oid }
    });
  }
}

/** The folder of the objects of one hash: `files/md5` for DVC 3, the cache root itself for DVC 2. */
export function objectsFolder(cacheDir: string, name: HashName): string {
  return name === 'md5-dos2unix' ? cacheDir : `${cacheDir}/files/md5`;
}

export function isDirOid(oid: string): boolean {
  return oid.endsWith('.dir');
}

/** `<objects>/<2 hex>/<rest>` (spec/dvc-data.md §4.1). */
export function objectPath(objects: string, oid: string): string {
  return `${objects}/${oid.slice(0, 2)}/${oid.slice(2)}`;
}

/** The absolute path of a file of an out; '' is the out itself. */
export function inside(top: string, relpath: string): string {
  return relpath === '' ? top : `${top}/${relpath}`;
}
