import type { ErrorData } from './error-data.js';

export type { ErrorData } from './error-data.js';

/**
 * What goes wrong in front of a user: a stable code (`E_…`), one sentence, and the next step.
 * `exit` is DVC's exit code for the command line (spec/dvc-data.md §6.0): 1, 251, 252, 253, 254 or 255.
 */
export interface ErrorOptions {
  next?: string;
  exit?: number;
  at?: ErrorData['at'];
  data?: Record<string, unknown>;
  cause?: unknown;
}

/** The one error class that may reach a user. Everything else is a defect and is reported as `E_INTERNAL`. */
export class CellarError extends Error {
  readonly code: string;
  readonly next: string | undefined;
  readonly exit: number;
  readonly at: ErrorData['at'];
  readonly data: Record<string, unknown> | undefined;

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'CellarError';
    this.code = code;
    this.next = options.next;
    this.exit = options.exit ?? 255;
    this.at = options.at;
    this.data = options.data;
  }

  toJSON(): ErrorData {
    return {
      code: this.code,
      message: this.message,
      next: this.next,
      exit: this.exit,
      at: this.at,
      data: this.data
    };
  }
}
