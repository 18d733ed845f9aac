import { Notification } from '@jupyterlab/apputils';
import { toCellarError } from '../bridge/failure.js';

/** How long a message stays on screen, in milliseconds; longer ones take longer to read. */
const STAYS = 8000;

/** Tells a person what went wrong and what helps. A request that they took back themselves is no news. */
export function report(error: unknown): void {
  const failure = toCellarError(error);
  if (failure.code !== 'E_CANCELLED') {
    // What comes from elsewhere (a kernel, the system) may lack its full stop.
    const message = /[.!?…]$/.test(failure.message) ? failure.message : `${failure.message}.`;
    const text = failure.next === undefined ? message : `${message} ${failure.next}`;
    Notification.error(text, { autoClose: STAYS });
  }
}

export function tell(text: string): void {
  Notification.info(text, { autoClose: STAYS });
}

/** Runs a deed and tells when it failed; resolves with its value, or undefined. */
export async function telling<T>(deed: () => Promise<T>): Promise<T | undefined> {
  try {
    return await deed();
  } catch (error) {
    report(error);
    return undefined;
  }
}
