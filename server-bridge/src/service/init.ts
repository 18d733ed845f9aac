import { resolve } from 'node:path';
import { initProject, type Initialized, type InitOptions } from '../workspace/init.js';
import { trustStarted } from './start-project.js';

/** `cellar init`: makes a project in `directory`, spelled relative to `cwd`. It was started here, so it is trusted (N64). */
export async function init(cwd: string, directory: string, options: InitOptions): Promise<Initialized> {
  const made = await initProject(resolve(cwd, directory), { ...options, cwd });
  await trustStarted(made.root);
  return made;
}
