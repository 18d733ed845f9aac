import { shownPath, type Project } from '../workspace/project.js';
import type { GraphOptions } from './graph.js';

/** How messages about the graph name stages and paths: from where the user stands. */
export function graphOptions(project: Project): GraphOptions {
  return { cwd: project.cwd, shown: abs => shownPath(project, abs) };
}
