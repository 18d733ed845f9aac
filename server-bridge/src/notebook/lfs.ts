/** Deps that are only pointers of Git LFS: their content is still elsewhere (N27). */
import { join } from 'node:path';
import { isErrno, readdirSync, readTextIfSync, statSync } from '../io/files.js';
import type { Analysis } from './context.js';
import type { Folder } from './disk.js';
import { CELLAR } from './names.js';
import type { Problems } from './problems.js';

/** First line of a pointer file, and more bytes than any pointer has (git-lfs, docs/spec.md). */
const POINTER = 'version https://git-lfs.github.com/spec/v1\n';
const LONGEST = 1024n;

/** Members of a folder that are looked at: in a repository of pictures one tells as much as all. */
const LOOKED_AT = 50;

/** A stage that reads a pointer would compute with three lines of text: it is blocked until the content is there. */
export function checkPointers(folder: Folder, analysis: Analysis, problems: Problems): void {
  for (const stage of analysis.stages) {
    for (const dep of stage.deps.filter(path => !path.startsWith(`${CELLAR}/`))) {
      const pointer = pointerAt(folder.dir, dep);
      if (pointer !== null) {
        const found = stage.inputs.find(input => input.kind === 'file' && input.name === dep);
        problems.add({
          code: 'E_LFS_POINTER',
          message: `\`${pointer}\` is a pointer of Git LFS: its content is not here yet.`,
          next: 'Run `git lfs pull` in a terminal.',
          cell: found?.cell ?? stage.cells[0] ?? null,
          ...(found?.line == null ? {} : { row: found.line - 1 }),
          stage: stage.name,
          path: folder.path === '' ? pointer : `${folder.path}/${pointer}`
        });
      }
    }
  }
}

/** The dep itself, or the first of its members that is a pointer; null when its content is here. */
function pointerAt(dir: string, dep: string): string | null {
  const path = join(dir, dep);
  const facts = statSync(path);
  if (facts?.isDirectory() === true) {
    return (
      members(path)
        .map(name => `${dep}/${name}`)
        .find(each => isPointer(join(dir, each), statSync(join(dir, each)))) ?? null
    );
  }
  return isPointer(path, facts) ? dep : null;
}

function isPointer(path: string, facts: ReturnType<typeof statSync>): boolean {
  return (
    facts?.isFile() === true &&
    facts.size > POINTER.length &&
    facts.size < LONGEST &&
    readTextIfSync(path)?.startsWith(POINTER) === true
  );
}

function members(path: string): string[] {
  try {
    return readdirSync(path).slice(0, LOOKED_AT);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) {
      return [];
    }
    throw error;
  }
}
