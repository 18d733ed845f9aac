import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { actionsPlugin } from './plugins/actions.js';
import { bridgePlugin } from './plugins/bridge.js';
import { chipsPlugin } from './plugins/chips.js';
import { commandsPlugin } from './plugins/commands.js';
import { notebooksPlugin } from './plugins/notebooks.js';
import { panelPlugin } from './plugins/panel.js';
import { projectPlugin } from './plugins/project.js';
import { statusPlugin } from './plugins/status.js';
import { toolbarPlugin } from './plugins/toolbar.js';

export * from './tokens.js';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  bridgePlugin,
  notebooksPlugin,
  projectPlugin,
  actionsPlugin,
  commandsPlugin,
  chipsPlugin,
  toolbarPlugin,
  panelPlugin,
  statusPlugin
];

export default plugins;
