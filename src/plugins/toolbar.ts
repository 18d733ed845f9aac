import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IToolbarWidgetRegistry } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { IActions } from '../tokens.js';
import { ReproduceButton, StageSummary } from '../views/toolbar.js';

export const toolbarPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellar:toolbar',
  description: 'Adds Reproduce and the summary of states to the notebook toolbar.',
  autoStart: true,
  requires: [IActions, IToolbarWidgetRegistry],
  activate: (app: JupyterFrontEnd, actions: IActions, toolbars: IToolbarWidgetRegistry): void => {
    const { notebooks, trans } = actions;
    const { commands } = app;
    toolbars.addFactory<NotebookPanel>(
      'Notebook',
      'cellar-reproduce',
      panel => new ReproduceButton({ panel, notebooks, commands, trans })
    );
    toolbars.addFactory<NotebookPanel>(
      'Notebook',
      'cellar-summary',
      panel => new StageSummary({ panel, notebooks, commands, trans })
    );
  }
};
