import { CellarError } from '../protocol/errors.js';
import type { Output } from './output.js';

/** Exit codes of `dvc` (spec/dvc-data.md §6.0). */
export const EXIT = {
  ok: 0,
  failed: 1,
  config: 251,
  interrupted: 252,
  noProject: 253,
  usage: 254,
  error: 255,
  brokenPipe: 141
} as const;

/** Prints what went wrong and gives the exit code. Only a defect shows more than a sentence, and only with `-v`. */
export function reportFailure(error: unknown, out: Output): number {
  if (isInterrupt(error)) {
    out.error(
      'interrupted by the user',
      'Run the same command again: it goes on where this one stopped.',
      'E_CANCELLED'
    );
    return EXIT.interrupted;
  }
  if (error instanceof CellarError) {
    const message = error.exit === EXIT.config ? withPrefix('configuration error', error.message) : error.message;
    out.error(message, error.next, error.code);
    return error.exit;
  }
  const text = error instanceof Error ? error.message : String(error);
  out.error(
    withPrefix('unexpected error', text),
    'Run the command again with `-v` and report what it prints.',
    'E_INTERNAL'
  );
  if (out.verbose > 0 && error instanceof Error && error.stack !== undefined) {
    out.notice(error.stack);
  }
  return EXIT.error;
}

function withPrefix(prefix: string, message: string): string {
  return message.startsWith(prefix) ? message : `${prefix} - ${message}`;
}

function isInterrupt(error: unknown): boolean {
  if (error instanceof CellarError) {
    return error.code === 'E_CANCELLED' || error.code === 'E_INTERRUPTED';
  }
  return error instanceof Error && error.name === 'AbortError';
}
