import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { Notebooks } from '../models/notebooks.js';
import { IBridge, INotebooks } from '../tokens.js';

export const notebooksPlugin: JupyterFrontEndPlugin<INotebooks> = {
  id: 'jupyterlab-cellar:notebooks',
  description: 'Follows the open notebooks: stages, states, runs and recorded outputs.',
  autoStart: true,
  provides: INotebooks,
  requires: [IBridge, INotebookTracker],
  activate: (app: JupyterFrontEnd, bridge: IBridge, tracker: INotebookTracker): INotebooks => {
    const notebooks = new Notebooks(bridge, tracker);
    app.docRegistry.addWidgetExtension('Notebook', notebooks);
    return notebooks;
  }
};
