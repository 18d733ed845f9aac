import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Path → one line that tells everything that is compared. */
export type Snapshot = Record<string, string>;

const CACHE = '.dvc/cache/files/md5';
const SHOWN = 20000;

/**
 * The tree below `root` without `.git` and `.dvc/tmp` (private to each tool): modes, bytes, link targets, and for
 * workspace files whether they share their inode with a cache object.
 */
export function takeSnapshot(root: string): Snapshot {
  const objects = new Map<bigint, string>();
  const snapshot: Snapshot = {};
  const visit = (folder: string): void => {
    for (const name of readdirSync(join(root, folder)).sort()) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (path === '.git' || path === '.dvc/tmp') {
        continue;
      }
      const full = join(root, path);
      const facts = lstatSync(full, { bigint: true });
      const mode = (Number(facts.mode) & 0o7777).toString(8).padStart(4, '0');
      if (facts.isSymbolicLink()) {
        snapshot[path] = `link ${readlinkSync(full).replace(root, '<root>')}`;
      } else if (facts.isDirectory()) {
        snapshot[path + '/'] = `folder ${mode}`;
        visit(path);
      } else if (path.startsWith(CACHE + '/')) {
        objects.set(facts.ino, path);
        snapshot[path] = `object ${mode} ${createHash('md5').update(readFileSync(full)).digest('hex')}`;
      } else {
        snapshot[path] = `file ${mode} ${contentOf(full, root)}`;
      }
    }
  };
  visit('');
  for (const path of Object.keys(snapshot)) {
    const line = snapshot[path] ?? '';
    if (line.startsWith('file ') && objects.has(statSync(join(root, path), { bigint: true }).ino)) {
      snapshot[path] = line.replace('file', 'hardlinked file');
    }
  }
  return snapshot;
}

function contentOf(path: string, root: string): string {
  const bytes = readFileSync(path);
  const text = bytes.toString('utf8');
  if (bytes.length > SHOWN || !Buffer.from(text, 'utf8').equals(bytes)) {
    return `md5 ${createHash('md5').update(bytes).digest('hex')}`;
  }
  return JSON.stringify(text.split(root).join('<root>'));
}
