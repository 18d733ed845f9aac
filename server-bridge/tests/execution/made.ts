/** What the pipeline and the truth left on disk, as digests that can be compared. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RecordedOutput } from '../../src/protocol/recorded.js';
import { ScriptHeader, SCRIPT_HEADER_PREFIX } from '../../src/protocol/script.js';

/** Of the project itself, or of Python: no cell writes these. */
const NOT_MADE = new Set(['.git', '.dvc', '.cellar', '.gitignore', '.dvcignore', '__pycache__']);
const OURS = new Set(['dvc.yaml', 'dvc.lock', 'params.yaml', 'book.ipynb']);

/** Every file below a folder that is the notebook's business: path → digest of its bytes. */
export function filesBelow(folder: string, under = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(join(folder, under), { withFileTypes: true })) {
    const path = under === '' ? entry.name : `${under}/${entry.name}`;
    if (NOT_MADE.has(entry.name) || OURS.has(path)) {
      continue;
    }
    if (entry.isDirectory()) {
      filesBelow(folder, path).forEach((digest, inner) => found.set(inner, digest));
    } else {
      found.set(path, fileDigest(join(folder, path)));
    }
  }
  return found;
}

/** The headers of the scripts that stand in the project (N9). */
export function readHeaders(root: string): ScriptHeader[] {
  const folder = join(root, '.cellar', 'book');
  if (!existsSync(folder)) {
    return [];
  }
  return readdirSync(folder)
    .filter(name => name.endsWith('.py'))
    .map(name => {
      const line = readFileSync(join(folder, name), 'utf8').split('\n', 1)[0] ?? '';
      return ScriptHeader.parse(JSON.parse(line.slice(SCRIPT_HEADER_PREFIX.length)));
    });
}

/** What the cells of a stage printed and displayed in its last run (N45). */
export function displayed(root: string, stage: string): string {
  const path = join(root, '.cellar', 'book', 'outputs', `${stage}.json`);
  if (!existsSync(path)) {
    return '';
  }
  return JSON.stringify(RecordedOutput.parse(JSON.parse(readFileSync(path, 'utf8'))).blocks.flat());
}

/** The files of an out, which may be a folder: path in the project → digest. */
export function outFiles(root: string, path: string): [string, string][] {
  const abs = join(root, path);
  return statSync(abs, { throwIfNoEntry: false })?.isDirectory() === true
    ? [...filesBelow(root, path)]
    : [[path, fileDigest(abs)]];
}

export function fileDigest(path: string): string {
  return existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'missing';
}

/** Format and SHA-256, as `truth.py` says it. */
export function variableDigest(path: string): string {
  if (!existsSync(path)) {
    return 'missing';
  }
  const bytes = readFileSync(path);
  const head = bytes.subarray(0, 6).toString('latin1');
  const format = head.startsWith('PAR1')
    ? 'parquet'
    : head.startsWith('\x93NUMPY')
      ? 'npy'
      : head.startsWith('PK')
        ? 'npz'
        : bytes[0] === 0x80
          ? 'pickle'
          : 'json';
  return `${format} ${createHash('sha256').update(bytes).digest('hex')}`;
}
