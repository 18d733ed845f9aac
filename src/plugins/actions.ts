import { ILabShell, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISessionContextDialogs } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { IActions, IBridge, INotebooks, IProject } from '../tokens.js';

/** The plugin whose schema holds the settings, menus, keys and toolbar items. */
export const SETTINGS = 'jupyterlab-cellar:commands';

export const actionsPlugin: JupyterFrontEndPlugin<IActions> = {
  id: 'jupyterlab-cellar:actions',
  description: 'Gathers what the commands, chips and buttons of Cellar work with.',
  autoStart: true,
  provides: IActions,
  requires: [IBridge, INotebooks, IProject, INotebookTracker],
  optional: [ILabShell, ISessionContextDialogs, ISettingRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    bridge: IBridge,
    notebooks: INotebooks,
    project: IProject,
    tracker: INotebookTracker,
    labShell: ILabShell | null,
    sessionDialogs: ISessionContextDialogs | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ): IActions => {
    let settings: ISettingRegistry.ISettings | null = null;
    void registry?.load(SETTINGS).then(loaded => {
      settings = loaded;
    });
    return {
      app,
      labShell,
      bridge,
      notebooks,
      project,
      tracker,
      sessionDialogs,
      trans: (translator ?? nullTranslator).load('jupyterlab_cellar'),
      alwaysShowPlan: () => settings?.get('alwaysShowPlan').composite === true
    };
  }
};
