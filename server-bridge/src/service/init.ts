import { resolve } from 'node:path';
import { initProject, type Initialized, type InitOptions } from '../workspace/init.js';

/** `cellar init`: makes a project in `directory`, spelled relative to `cwd`. */
export function init(cwd: string, directory: string, options: InitOptions): Promise<Initialized> {
  return initProject(resolve(cwd, directory), { ...options, cwd });
}
