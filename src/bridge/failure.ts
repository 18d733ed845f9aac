import { ErrorData } from '../../server-bridge/src/protocol/error-data.js';
import { CellarError } from '../../server-bridge/src/protocol/errors.js';

/** The request was under way when the connection ended: whether it was done is unknown, so it is said. */
export function lostError(method: string): CellarError {
  return new CellarError('E_BRIDGE_LOST', 'The connection to Cellar was lost before it answered.', {
    next: 'Cellar connects again by itself; then do it once more.',
    data: { method }
  });
}

/** There is no bridge to wait for. */
export function unavailableError(text: string, next: string | null): CellarError {
  return new CellarError('E_BRIDGE_UNAVAILABLE', text, { next: next ?? undefined });
}

/** Turns whatever a request rejected with into the one error class that a person may meet. */
export function toCellarError(error: unknown): CellarError {
  if (error instanceof CellarError) {
    return error;
  }
  const parsed = ErrorData.safeParse(error instanceof Error && 'data' in error ? error.data : undefined);
  if (parsed.success) {
    const { code, message, next, exit, at, data } = parsed.data;
    return new CellarError(code, message, { next, exit, at, data });
  }
  const text = error instanceof Error ? error.message : String(error);
  return new CellarError('E_INTERNAL', `Cellar met a defect of its own: ${text}`, {
    next: 'The Jupyter log has the details; the action can be tried again.'
  });
}
