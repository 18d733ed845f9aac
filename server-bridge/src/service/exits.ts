import { CellarError } from '../protocol/errors.js';

/** Codes that are no answer of the command but of what it stands on: they end with 255 everywhere. */
const UNFORESEEN = new Set(['E_DVCIGNORE_INSIDE', 'E_CANCELLED', 'E_INTERRUPTED']);

/** `dvc add` and `dvc status` end with 1 for everything that they foresee (spec/dvc-data.md §6); 251 and others stay. */
export async function handled<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CellarError) || error.exit !== 255 || UNFORESEEN.has(error.code)) {
      throw error;
    }
    const { code, message, next, at, data } = error;
    throw new CellarError(code, message, { exit: 1, next, at, data, cause: error });
  }
}
