import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { addCommands, PALETTE } from '../actions/commands.js';
import { IActions } from '../tokens.js';
import { SETTINGS } from './actions.js';

export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: SETTINGS,
  description: 'Commands, keys, menus and settings of Cellar.',
  autoStart: true,
  requires: [IActions],
  optional: [ICommandPalette],
  activate: (_app: JupyterFrontEnd, actions: IActions, palette: ICommandPalette | null): void => {
    addCommands(actions);
    for (const command of PALETTE) {
      palette?.addItem({ command, category: actions.trans.__('Cellar') });
    }
  }
};
