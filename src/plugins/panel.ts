import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { panelActions } from '../actions/panelactions.js';
import { IActions } from '../tokens.js';
import { CellarPanel } from '../views/panel.js';

export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellar:panel',
  description: 'The side panel: project, stages and problems.',
  autoStart: true,
  requires: [IActions],
  optional: [ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    actions: IActions,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ): void => {
    const { bridge, project, notebooks, trans } = actions;
    const panel = new CellarPanel({
      bridge,
      project,
      notebooks,
      translator: translator ?? nullTranslator,
      trans,
      actions: panelActions(actions)
    });
    app.shell.add(panel, 'left', { rank: 650, type: 'Cellar' });
    restorer?.add(panel, panel.id);
  }
};
