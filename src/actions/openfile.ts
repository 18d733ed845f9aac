import type { IActionContext } from './context.js';

/** The contents path of a file of the project, null when it lies outside Jupyter's root. */
export function contentsPath(jupyterRoot: string | null, projectRoot: string | null, file: string): string | null {
  if (jupyterRoot === null || projectRoot === null) {
    return null;
  }
  const base = jupyterRoot.replace(/\/+$/, '');
  const whole = `${projectRoot.replace(/\/+$/, '')}/${file}`;
  return whole.startsWith(`${base}/`) ? whole.slice(base.length + 1) : null;
}

/** Opens a file of the project, named as the engine names it, a notebook until it is loaded; false when Jupyter cannot reach it. */
export async function openProjectFile(context: IActionContext, file: string): Promise<boolean> {
  const path = contentsPath(context.bridge.root, context.project.view?.root ?? null, file);
  if (path === null) {
    return false;
  }
  await context.app.commands.execute('docmanager:open', { path });
  await context.tracker.find(widget => widget.context.localPath === path)?.context.ready;
  return true;
}
