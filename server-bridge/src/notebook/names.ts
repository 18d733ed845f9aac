/** Names on disk of what a notebook compiles to (N6). */
import { createHash } from 'node:crypto';

const DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i;

function sha(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 8);
}

/** Folder of a notebook under `.cellar/`: its stem, or an ASCII slug with a hash. `path` ends in the notebook's file name. */
export function notebookFolder(path: string): string {
  const file = path.split('/').at(-1) ?? path;
  const stem = file.replace(/\.ipynb$/, '').normalize('NFC');
  if (/^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(stem) && stem.length <= 48 && !DEVICE.test(stem)) {
    return stem;
  }
  const slug = ascii(stem)
    .slice(0, 39)
    .replace(/^-+|-+$/g, '');
  return slug === '' ? `notebook-${sha(stem)}` : `${slug}-${sha(stem)}`;
}

/** File name of a variable, without `.var`. */
export function variableFile(name: string): string {
  if (/^[a-z0-9_]+$/.test(name) && !DEVICE.test(name) && name.length <= 100) {
    return name;
  }
  return `${ascii(name).toLowerCase().slice(0, 80)}-${sha(name)}`;
}

function ascii(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[^\x20-\x7e]/g, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+/, '');
}

export const CELLAR = '.cellar';
export const RUNNER = '.cellar/run.py';

/** Paths of a stage's files, relative to the notebook's folder. */
export interface StagePaths {
  script: string;
  outputs: string;
  vars: string;
  command: string;
}

export function stagePaths(folder: string, stage: string): StagePaths {
  const script = `${CELLAR}/${folder}/${stage}.py`;
  return {
    script,
    outputs: `${CELLAR}/${folder}/outputs/${stage}.json`,
    vars: `${CELLAR}/${folder}/vars/${stage}`,
    command: `python ${RUNNER} ${script}`
  };
}

export function variablePath(folder: string, stage: string, name: string): string {
  return `${CELLAR}/${folder}/vars/${stage}/${variableFile(name)}.var`;
}
