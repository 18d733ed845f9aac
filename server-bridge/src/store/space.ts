/** Whether a checkout by copies fits on the disk; asked before the first file is touched (I13). */
import { FACTS, sizeAt } from '../io/facts.js';
import { freeSpaceSync } from '../io/files.js';
import { CellarError } from '../protocol/errors.js';

/**
 * `objects` are the facts of what is to be copied, `folder` lies on the file system that must hold it.
 * @throws CellarError `E_DISK_FULL` when bytes or inodes are short
 */
export function assertSpace(objects: BigInt64Array, folder: string, path: string): void {
  const count = objects.length / FACTS;
  let need = 0;
  for (let row = 0; row < count; row++) {
    need += sizeAt(objects, row);
  }
  const free = freeSpaceSync(folder);
  const short = BigInt(need) > free.bytes || (free.inodes !== null && BigInt(count) > free.inodes);
  if (short) {
    throw new CellarError(
      'E_DISK_FULL',
      `${path}: ${count} files of ${need} bytes do not fit, ${free.bytes} bytes are free.`,
      {
        next: 'Free some space, or let files be linked: `cellar config cache.type hardlink`.',
        at: { path },
        data: { needed: need, free: Number(free.bytes) }
      }
    );
  }
}
