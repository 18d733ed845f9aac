/** Whether there is a file for a read that the code can do without (N23). */
import { join, posix } from 'node:path';
import { parseDvcFile } from '../formats/dvcfile.js';
import { readable } from '../formats/lenient.js';
import { parseLockFile } from '../formats/lockfile.js';
import { parsePipelineFile } from '../formats/pipelinefile.js';
import { isList, type ValueMap } from '../formats/value.js';
import { isErrno, readdirSync, readTextIfSync, statSync } from '../io/files.js';
import type { Folder } from './disk.js';
import { itemPath, ownedPart } from './entry.js';

type Standing = 'file' | 'folder' | null;

/**
 * What stands at a path of the project. What is tracked, or what a stage other than the notebook's own makes, counts although
 * it is not here yet: it comes with a checkout, and what a clone compiles is what the original compiled. Which files a tracked
 * folder holds is not known before it is here; then the notebook's own entries, compiled where it was, tell.
 */
export function whatStands(root: string, folder: Folder): (path: string) => Standing {
  const ahead = new Map<string, ReadonlyMap<string, Standing>>();
  const trackedIn = (dir: string): ReadonlyMap<string, Standing> => {
    const known =
      ahead.get(dir) ?? outsOfPipeline(root, dir, dir === folder.path ? new Set(folder.owned.keys()) : null);
    ahead.set(dir, known);
    return known;
  };
  const compiled = compiledDeps(folder);
  const tracked = (path: string): Standing =>
    trackedByFile(root, path) ??
    foldersAbove(path)
      .map(dir => trackedIn(dir).get(path) ?? null)
      .find(found => found !== null) ??
    null;
  return path => {
    const facts = statSync(join(root, ...path.split('/')));
    if (facts !== null) {
      return facts.isDirectory() ? 'folder' : 'file';
    }
    const own = tracked(path);
    if (own !== null) {
      return own;
    }
    const above = foldersAbove(path).find(dir => dir !== '' && tracked(dir) !== null);
    const absent = above !== undefined && statSync(join(root, ...above.split('/'))) === null;
    return absent && compiled.some(dep => dep.test(path)) ? 'file' : null;
  };
}

/** Names in a folder of the project; none where there is no folder. */
export function namesIn(root: string): (path: string) => string[] {
  return path => {
    try {
      return readdirSync(join(root, ...path.split('/')));
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) {
        return [];
      }
      throw error;
    }
  };
}

/** `a/b/c` → `a/b`, `a`, ''. */
function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return [...parts.keys(), parts.length].map(count => parts.slice(0, count).join('/')).reverse();
}

function trackedByFile(root: string, path: string): Standing {
  const text = path === '' ? null : readTextIfSync(join(root, ...`${path}.dvc`.split('/')));
  return text === null
    ? null
    : readable(() => standing(parseDvcFile(text, `${path}.dvc`).outs[0]?.hash?.value), 'file');
}

/** What the stages of a folder's `dvc.yaml` make, by path in the project; `own` are stages that do not count. */
function outsOfPipeline(root: string, dir: string, own: ReadonlySet<string> | null): ReadonlyMap<string, Standing> {
  const at = (name: string): string => posix.join(dir, name);
  const pipeline = readTextIfSync(join(root, at('dvc.yaml')));
  const lock = readTextIfSync(join(root, at('dvc.lock')));
  return readable(() => {
    const found = new Map<string, Standing>();
    const stages = pipeline?.trim() ? parsePipelineFile(pipeline, at('dvc.yaml')).stages : new Map<string, ValueMap>();
    const locked = lock?.trim() ? parseLockFile(lock, at('dvc.lock')).stages : null;
    for (const [name, entry] of stages) {
      const wdir = entry.get('wdir');
      for (const { path } of own?.has(name) === true ? [] : ownedPart(entry, null, '').outs) {
        const recorded = locked?.get(name)?.outs.find(out => out.path === path);
        found.set(posix.join(dir, typeof wdir === 'string' ? wdir : '.', path), standing(recorded?.hash?.value));
      }
    }
    return found;
  }, new Map<string, Standing>());
}

function standing(hash: string | undefined): Standing {
  return hash?.endsWith('.dir') === true ? 'folder' : 'file';
}

/** Deps of the notebook's entries, as patterns: a parameter stands for any text (N24). */
function compiledDeps(folder: Folder): RegExp[] {
  return [...folder.owned.values()].flatMap(({ entry }) => {
    const deps = entry.get('deps');
    const paths = isList(deps) ? deps.map(itemPath).filter(path => path !== null) : [];
    return paths.map(path => {
      const parts = posix.join(folder.path, path).split(/\$\{[^}]*\}/);
      return new RegExp(`^${parts.map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`);
    });
  });
}
