import { join, resolve } from 'node:path';
import { lstatSync, readdirTypesSync, statSync, type Dirent } from '../io/files.js';
import { compareCodePoints } from '../io/walk.js';
import { globMatcher } from '../pipeline/glob.js';

/**
 * Paths that a pattern matches, as Python's `glob` with `**`: relative as the pattern is, sorted, names that begin with
 * a dot only where the pattern says so.
 */
export function expandGlob(cwd: string, pattern: string): string[] {
  const absolute = pattern.startsWith('/');
  const parts = pattern.split('/').filter(part => part !== '');
  let found = [absolute ? '/' : ''];
  for (const [i, part] of parts.entries()) {
    found = [...new Set(found.flatMap(base => matchPart(cwd, base, part, i === parts.length - 1)))];
  }
  return found.filter(path => path !== '');
}

function matchPart(cwd: string, base: string, part: string, last: boolean): string[] {
  if (part === '**') {
    return below(cwd, base, last);
  }
  if (!/[*?[]/.test(part)) {
    const path = join(base, part);
    return lstatSync(resolve(cwd, path)) === null ? [] : [path];
  }
  const matches = globMatcher(part);
  return entries(cwd, base)
    .filter(entry => matches(entry.name) && (part.startsWith('.') || !entry.name.startsWith('.')))
    .map(entry => join(base, entry.name))
    .filter(path => last || statSync(resolve(cwd, path))?.isDirectory() === true);
}

function below(cwd: string, base: string, files: boolean): string[] {
  const found = [base];
  for (const entry of entries(cwd, base).filter(each => !each.name.startsWith('.'))) {
    const path = join(base, entry.name);
    if (entry.isDirectory()) {
      found.push(...below(cwd, path, files));
    } else if (files) {
      found.push(path);
    }
  }
  return found;
}

function entries(cwd: string, base: string): Dirent[] {
  const folder = resolve(cwd, base);
  if (statSync(folder)?.isDirectory() !== true) {
    return [];
  }
  return readdirTypesSync(folder).sort((a, b) => compareCodePoints(a.name, b.name));
}
