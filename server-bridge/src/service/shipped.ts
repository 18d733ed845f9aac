import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { existsSync, readTextSync } from '../io/files.js';
import { CellarError } from '../protocol/errors.js';

const here = dirname(fileURLToPath(import.meta.url));

/** Files beside the bundle; when the sources run, where they are in the tree. */
function shippedPath(name: string, inTree: string): string {
  const places = [join(here, name), join(here, '..', '..', '..', 'runner', ...inTree.split('/'))];
  const found = places.find(path => existsSync(path));
  if (found === undefined) {
    throw new CellarError('E_INCOMPLETE_INSTALL', `Cellar's own file '${name}' is missing.`, {
      next: 'Install jupyterlab-cellar again.'
    });
  }
  return found;
}

/** Text of the runner that is copied into projects and sent to kernels (N47). */
export function shippedRunner(): string {
  return readTextSync(shippedPath('run.py', 'dist/run.py'));
}

/** Whether the runner in a project is one that was published with some Cellar (N47). */
export function isPublishedRunner(text: string): boolean {
  const hash = createHash('sha256').update(text).digest('hex');
  const list: unknown = JSON.parse(readTextSync(shippedPath('published.json', 'published.json')));
  return JSON.stringify(list).includes(hash) || text === shippedRunner();
}
