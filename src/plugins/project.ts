import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { INotebookTracker } from '@jupyterlab/notebook';
import { CurrentPath } from '../models/currentpath.js';
import { ProjectModel } from '../models/project.js';
import { IBridge, IProject } from '../tokens.js';

export const projectPlugin: JupyterFrontEndPlugin<IProject> = {
  id: 'jupyterlab-cellar:project',
  description: 'Follows the project of the notebook in front, or of the folder of the file browser.',
  autoStart: true,
  provides: IProject,
  requires: [IBridge, INotebookTracker],
  optional: [IDefaultFileBrowser],
  activate: (
    _app: JupyterFrontEnd,
    bridge: IBridge,
    tracker: INotebookTracker,
    browser: IDefaultFileBrowser | null
  ): IProject => {
    const project = new ProjectModel({ bridge });
    new CurrentPath(project, tracker, browser?.model ?? null);
    return project;
  }
};
