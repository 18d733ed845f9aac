import { CellarError } from '../../protocol/errors.js';
import { TemplateFailure } from './failure.js';

/** A template error as a user meets it, in DVC's words (spec/dvc-pipelines.md §1.5). Exit code 255. */
export function templateError(file: string, message: string, stage?: string): CellarError {
  return new CellarError('E_TEMPLATE_INVALID', message, {
    next: `Correct ${file} or the parameters it uses.`,
    at: stage === undefined ? { path: file } : { path: file, stage }
  });
}

/**
 * Runs `work`; a failure inside becomes `failed to parse <what> in '<file>':` and the reason, on a new line where DVC
 * breaks it.
 */
export function parsing<T>(what: string, file: string, stage: string | undefined, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TemplateFailure)) throw error;
    const space = error.kind === 'syntax' || error.kind === 'merge' || error.kind === 'loaded' ? '\n' : ' ';
    throw templateError(file, `failed to parse ${what} in '${file}':${space}${error.message}`, stage);
  }
}
