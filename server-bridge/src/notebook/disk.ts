/** What of a notebook's folder the compiler reads, all at once. */
import { join } from 'node:path';
import { parseLockFile } from '../formats/lockfile.js';
import { parsePipelineFile } from '../formats/pipelinefile.js';
import { isMapping, type Value, type ValueMap } from '../formats/value.js';
import { parseParams } from '../formats/params.js';
import { parseYaml } from '../formats/yaml.js';
import { existsSync, readdirSync, readTextIfSync } from '../io/files.js';
import { CellarError } from '../protocol/errors.js';
import type { RecordedFacts } from './context.js';
import { ownMeta, type OwnMeta } from './entry.js';
import { CELLAR, notebookFolder, stagePaths } from './names.js';
import { readRecorded } from './recorded.js';

export interface OwnedEntry {
  name: string;
  entry: ValueMap;
  meta: OwnMeta;
}

export interface Folder {
  /** Absolute. */
  dir: string;
  /** Relative to the project, '' for its root. */
  path: string;
  /** File name of the notebook. */
  notebook: string;
  /** Its folder under `.cellar/`. */
  slug: string;
  pipeline: string | null;
  lock: string | null;
  params: string | null;
  mirrored: string | null;
  entries: Map<string, ValueMap>;
  /** Entries of this notebook. */
  owned: Map<string, OwnedEntry>;
  /** Entries of others: name → notebook, null for hand-written ones. */
  taken: Map<string, string | null>;
  paramValues: ValueMap;
  mirroredValues: ValueMap;
}

/** Reads the folder of a notebook. @throws CellarError of a malformed `dvc.yaml`, `dvc.lock` or `params.yaml` */
export function readFolder(root: string, notebookPath: string): Folder {
  const slash = notebookPath.lastIndexOf('/');
  const path = slash < 0 ? '' : notebookPath.slice(0, slash);
  const dir = path === '' ? root : join(root, ...path.split('/'));
  const notebook = notebookPath.slice(slash + 1);
  const slug = notebookFolder(notebook);
  const inFolder = (name: string): string => (path === '' ? name : `${path}/${name}`);
  const pipeline = readTextIfSync(join(dir, 'dvc.yaml'));
  const lock = readTextIfSync(join(dir, 'dvc.lock'));
  const params = readTextIfSync(join(dir, 'params.yaml'));
  const mirrored = readTextIfSync(join(dir, CELLAR, slug, 'params.json'));
  if (lock !== null) {
    parseLockFile(lock, inFolder('dvc.lock'));
  }
  const entries =
    pipeline === null || pipeline.trim() === ''
      ? new Map<string, ValueMap>()
      : parsePipelineFile(pipeline, inFolder('dvc.yaml')).stages;
  const folder: Folder = {
    dir,
    path,
    notebook,
    slug,
    pipeline,
    lock,
    params,
    mirrored,
    entries,
    owned: new Map(),
    taken: new Map(),
    paramValues: mappingOf(
      params === null ? null : parseParams(params, inFolder('params.yaml')),
      inFolder('params.yaml')
    ),
    mirroredValues: readMirrored(mirrored)
  };
  for (const [name, entry] of folder.entries) {
    const meta = ownMeta(entry);
    if (meta !== null && meta.notebook === notebook) {
      folder.owned.set(name, { name, entry, meta });
    } else {
      folder.taken.set(name, meta?.notebook ?? null);
    }
  }
  return folder;
}

function mappingOf(value: Value, file: string): ValueMap {
  if (value === null) {
    return new Map();
  }
  if (!isMapping(value)) {
    throw new CellarError('E_PARAMS_SHAPE', `'${file}' holds no keys.`, {
      next: `Repair ${file}.`,
      at: { path: file }
    });
  }
  return value;
}

/** `params.json` is YAML too; a damaged one counts as absent, so that the user is asked. */
function readMirrored(text: string | null): ValueMap {
  if (text === null) {
    return new Map();
  }
  try {
    const value = parseYaml(text, 'params.json');
    return isMapping(value) ? value : new Map<string, Value>();
  } catch {
    return new Map();
  }
}

/** Is the notebook of that name still in the folder? */
export function notebookExists(folder: Folder, notebook: string): boolean {
  return existsSync(join(folder.dir, notebook));
}

export function scriptOnDisk(folder: Folder, stage: string): string | null {
  return readTextIfSync(join(folder.dir, stagePaths(folder.slug, stage).script));
}

/** N38's facts of a stage's recorded output; null when there is none or it cannot be read. */
export function recordedOnDisk(folder: Folder, stage: string): RecordedFacts | null {
  return readRecorded(join(folder.dir, stagePaths(folder.slug, stage).outputs));
}

/** Parameters that other notebooks of the folder mirror: key → notebook folder and value. */
export function otherParams(folder: Folder): Map<string, { notebook: string; value: Value }> {
  const found = new Map<string, { notebook: string; value: Value }>();
  const base = join(folder.dir, CELLAR);
  const notebooks = new Set([...folder.taken.values()].filter(name => name !== null));
  const names = existsSync(base) ? readdirSync(base) : [];
  for (const notebook of notebooks) {
    const slug = notebookFolder(notebook);
    if (slug !== folder.slug && names.includes(slug)) {
      for (const [key, value] of readMirrored(readTextIfSync(join(base, slug, 'params.json')))) {
        if (typeof key === 'string') {
          found.set(key, { notebook, value });
        }
      }
    }
  }
  return found;
}
