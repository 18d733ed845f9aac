import { dirname, join } from 'node:path';
import { readdirIfSync, unlinkIfSync } from '../io/files.js';
import { lockPath, type Stage } from './stage.js';

/** Names that `publishFile` gives to a file before it is whole. */
const TEMP = /^\.(.+)\.[A-Za-z0-9_-]{12}\.tmp$/;

/** What this room writes beside a `dvc.yaml`, always with the project lock held. */
const OURS = new Set(['dvc.lock', '.gitignore']);

/**
 * Remove unfinished files that killed processes left beside the pipeline files. Call it with the project lock held:
 * then nobody is writing one.
 */
export function sweepLitter(stages: readonly Stage[]): void {
  for (const folder of new Set(stages.map(stage => dirname(lockPath(stage))))) {
    for (const name of readdirIfSync(folder)) {
      const whole = TEMP.exec(name)?.[1];
      if (whole !== undefined && OURS.has(whole)) {
        unlinkIfSync(join(folder, name));
      }
    }
  }
}

/** The names in a folder of the run cache, unfinished entries removed: DVC would take them for entries. */
export function runNames(folder: string): string[] {
  return readdirIfSync(folder).filter(name => {
    if (TEMP.test(name)) {
      unlinkIfSync(join(folder, name));
    }
    return /^[0-9a-f]{64}$/.test(name);
  });
}
