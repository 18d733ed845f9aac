import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';

/** Why there is no connection, in words. `final`: trying again by itself cannot help. */
export interface IStatusAnswer {
  readonly final: boolean;
  readonly text: string;
  readonly next: string | null;
}

function words(value: unknown, key: string): string | null {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return typeof found === 'string' && found !== '' ? found : null;
}

/** The words for what the supervisor says of the bridge: its state, the reason, and the fix when there is no Node. */
export function explain(body: unknown, trans: TranslationBundle): IStatusAnswer {
  const fix: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'fix') : undefined;
  const command = words(fix, 'command');
  if (command !== null) {
    return {
      final: true,
      text: words(fix, 'message') ?? trans.__('Cellar needs Node, and there is none here.'),
      next: trans.__('Run %1, then try again.', command)
    };
  }
  const reason = words(body, 'reason');
  return {
    final: false,
    text:
      reason === null
        ? trans.__('Cellar stopped and starts again; nothing is lost.')
        : trans.__('%1 It starts again; nothing is lost.', reason),
    next: null
  };
}

/**
 * Asks the Jupyter server (GET `cellar/status`) how the bridge is: it knows whether there is a Node and what the bridge
 * said when it ended. A server without our extension answers 404.
 */
export async function askStatus(
  settings: ServerConnection.ISettings,
  trans: TranslationBundle
): Promise<IStatusAnswer> {
  try {
    const url = URLExt.join(settings.baseUrl, 'cellar', 'status');
    const response = await ServerConnection.makeRequest(url, { method: 'GET' }, settings);
    if (response.status === 404) {
      return {
        final: true,
        text: trans.__('The server part of Cellar is not enabled.'),
        next: trans.__('Run jupyter server extension enable jupyterlab_cellar and restart Jupyter.')
      };
    }
    if (response.status === 401 || response.status === 403) {
      return {
        final: false,
        text: trans.__('Jupyter does not know this page any more.'),
        next: trans.__('Log in again.')
      };
    }
    return explain(await response.json(), trans);
  } catch {
    return {
      final: false,
      text: trans.__('The Jupyter server does not answer.'),
      next: trans.__('Cellar connects again when it does.')
    };
  }
}
