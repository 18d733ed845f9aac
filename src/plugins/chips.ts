import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { NotebookExtras } from '../views/notebookextras.js';
import { IActions } from '../tokens.js';

export const chipsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellar:chips',
  description: 'Draws chips on the cells and the strip above them.',
  autoStart: true,
  requires: [IActions],
  activate: (app: JupyterFrontEnd, actions: IActions): void => {
    app.docRegistry.addWidgetExtension('Notebook', new NotebookExtras(actions));
  }
};
