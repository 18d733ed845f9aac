import { CellarError } from '../protocol/errors.js';
import { pyEqual, selectParams } from '../formats/params.js';
import type { Scalar, Value, ValueMap } from '../formats/value.js';
import { statSync } from '../io/files.js';
import { readParamsFile } from './params-file.js';
import type { ParamsDep } from './stage.js';

/** A word for the whole file, or one for each key that differs; empty map when nothing changed (§3.2). */
export type ParamsStatus = 'deleted' | 'new' | Map<string, 'deleted' | 'new' | 'modified'>;

/** How a parameter file differs from the lock. @throws `E_PARAMS_INVALID`, `E_PARAMS_IS_DIR` */
export function paramsStatus(dep: ParamsDep): ParamsStatus {
  if (statSync(dep.abs) === null) {
    return 'deleted';
  }
  if (dep.recorded === null) {
    return 'new';
  }
  const actual = readValues(dep);
  const recorded = dep.recorded;
  const names = dep.keys.length > 0 ? dep.keys : [...new Set([...actual.keys(), ...recorded.keys()].map(String))];
  const changes = new Map<string, 'deleted' | 'new' | 'modified'>();
  for (const name of names) {
    const now = actual.get(name);
    const before = recorded.get(name);
    if (now === undefined) {
      changes.set(name, 'deleted');
    } else if (before === undefined) {
      changes.set(name, 'new');
    } else if (!pyEqual(now, before)) {
      changes.set(name, 'modified');
    }
  }
  return changes;
}

/**
 * The values that a run uses and the lock records, keys as in `dvc.yaml`.
 * @throws `E_MISSING_DEP`, `E_PARAM_MISSING`, `E_PARAMS_INVALID`, `E_PARAMS_IS_DIR`
 */
export function currentParams(dep: ParamsDep, shown: string): ValueMap {
  if (statSync(dep.abs) === null) {
    throw new CellarError('E_MISSING_DEP', `dependency '${shown}' does not exist`, {
      next: `Make '${shown}', or take it out of the stage's params.`,
      at: { path: dep.abs }
    });
  }
  const values = readValues(dep);
  const missing = dep.keys.filter(key => !values.has(key));
  if (missing.length > 0) {
    throw new CellarError('E_PARAM_MISSING', `Parameters '${missing.join(', ')}' are missing from '${shown}'.`, {
      next: `Add them to '${shown}', or take them out of the stage's params.`,
      at: { path: dep.abs },
      data: { keys: missing }
    });
  }
  return values;
}

/** Values of the keys that are there; the top level of the file when it is tracked whole. */
function readValues(dep: ParamsDep): ValueMap {
  const read = readParamsFile(dep.abs, dep.path);
  if (read.kind === 'folder') {
    throw new CellarError('E_PARAMS_IS_DIR', `'${dep.path}' is a directory, expected a parameters file`, {
      next: 'Name a file in the params of the stage.',
      at: { path: dep.abs }
    });
  }
  return read.kind === 'missing' ? new Map<Scalar, Value>() : selectParams(read.value, dep.keys);
}
