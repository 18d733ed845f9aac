import { CellarError } from '../protocol/errors.js';

/** What `read` makes of a file, `otherwise` where the file is malformed: somebody else says so where it matters. */
export function readable<Found>(read: () => Found, otherwise: Found): Found {
  try {
    return read();
  } catch (error) {
    if (error instanceof CellarError) {
      return otherwise;
    }
    throw error;
  }
}
