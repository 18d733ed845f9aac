import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { IActions } from '../tokens.js';
import { StatusItem } from '../views/statusitem.js';

export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellar:status',
  description: 'Says in the status bar how many stages are stale, and what runs.',
  autoStart: true,
  requires: [IActions, IStatusBar],
  activate: (app: JupyterFrontEnd, actions: IActions, statusBar: IStatusBar): void => {
    const item = new StatusItem({ notebooks: actions.notebooks, commands: app.commands, trans: actions.trans });
    statusBar.registerStatusItem('jupyterlab-cellar:status', {
      item,
      align: 'left',
      rank: 3,
      isActive: () => actions.notebooks.current !== null,
      activeStateChanged: actions.notebooks.changed
    });
  }
};
