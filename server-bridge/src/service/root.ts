import { relative } from 'node:path';
import { findRoot } from '../workspace/locate.js';

/** `cellar root`: the way from `cwd` to the project's root. */
export function relativeRoot(cwd: string): string {
  return relative(cwd, findRoot(cwd)) || '.';
}
