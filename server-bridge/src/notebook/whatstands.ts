/** Whether there is a file for a read that the code can do without (N23). */
import { join } from 'node:path';
import { existsSync, statSync } from '../io/files.js';
import type { Folder } from './disk.js';
import { ownedPart } from './entry.js';

/**
 * What stands at a path of the project. A file that is tracked, or that a stage of another notebook in the folder makes, counts
 * although it is not here yet: it comes with a checkout, and what a clone compiles is what the original compiled.
 */
export function whatStands(root: string, folder: Folder): (path: string) => 'file' | 'folder' | null {
  const outs = new Set(
    [...folder.taken.keys()].flatMap(name => {
      const entry = folder.entries.get(name);
      return entry === undefined
        ? []
        : ownedPart(entry, null, folder.slug).outs.map(out => join(folder.path, out.path));
    })
  );
  return path => {
    const abs = join(root, ...path.split('/'));
    const facts = statSync(abs);
    if (facts !== null) {
      return facts.isDirectory() ? 'folder' : 'file';
    }
    return existsSync(`${abs}.dvc`) || outs.has(path) ? 'file' : null;
  };
}
