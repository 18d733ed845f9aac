import { z } from 'zod';

const Summary = z.object({
  loaded: z.array(z.object({ name: z.string() })),
  errors: z.array(z.object({ name: z.string().nullish(), message: z.string() }))
});

/** What the kernel said it has: the names that were set, and what could not be, in words. */
export interface ILoadSummary {
  readonly loaded: readonly string[];
  readonly failed: readonly string[];
}

/** Reads the JSON that the kernel helper (`runner/kernel_help.py`) leaves behind; anything unexpected counts as nothing said. */
export function readSummary(text: string | null): ILoadSummary {
  let value: unknown = null;
  try {
    value = text === null ? null : JSON.parse(text);
  } catch {
    value = null;
  }
  const parsed = Summary.safeParse(value);
  if (!parsed.success) {
    return { loaded: [], failed: [] };
  }
  const { loaded, errors } = parsed.data;
  return {
    loaded: loaded.map(item => item.name),
    failed: errors.map(item => (item.name == null ? item.message : `${item.name}: ${item.message}`))
  };
}
