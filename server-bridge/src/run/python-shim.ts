import { createHash } from 'node:crypto';
import { isAbsolute, join } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { publishFile } from '../io/publish.js';
import { readTextIfSync } from '../io/files.js';

/**
 * A private folder with a program named `python` that is the interpreter `python` (N48), to go first on PATH: a stage's
 * `cmd` says `python` and never a machine's path. A script that `exec`s, not a symlink, which would lose a virtual
 * environment. Made once for each interpreter below `tmpDir` (`.dvc/tmp`), and checked by its text at each call.
 * @throws `E_INTERPRETER` for a path that is not absolute or cannot stand in a script
 */
export function pythonShim(tmpDir: string, python: string): string {
  if (!isAbsolute(python) || /[\0\n\r]/.test(python)) {
    throw new CellarError('E_INTERPRETER', `'${python}' is not the path of a Python interpreter.`);
  }
  const name = createHash('sha256').update(python).digest('hex').slice(0, 16);
  const directory = join(tmpDir, 'cellar', 'python', name);
  const windows = process.platform === 'win32';
  const file = join(directory, windows ? 'python.cmd' : 'python');
  const text = windows ? `@"${python}" %*\r\n` : `#!/bin/sh\nexec ${quoted(python)} "$@"\n`;
  if (readTextIfSync(file) !== text) {
    publishFile(file, text, { mode: 0o755 });
  }
  return directory;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
