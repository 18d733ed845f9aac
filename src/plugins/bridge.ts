import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { BridgeClient } from '../bridge/client.js';
import { type BridgeNotification, IBridge } from '../tokens.js';

/** A notice of the engine that belongs to no document. */
function onNotified(_sender: IBridge, { name, params }: BridgeNotification): void {
  if (name === 'notice') {
    const text = params.next === null ? params.text : `${params.text} ${params.next}`;
    Notification.emit(text, params.severity, { autoClose: 8000 });
  }
}

export const bridgePlugin: JupyterFrontEndPlugin<IBridge> = {
  id: 'jupyterlab-cellar:bridge',
  description: 'Connection to the engine of Cellar.',
  autoStart: true,
  provides: IBridge,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null): IBridge => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellar');
    const bridge = new BridgeClient({ serverSettings: app.serviceManager.serverSettings, trans });
    bridge.notified.connect(onNotified);
    return bridge;
  }
};
