/** What the kernel said it has: the names that were set, and those that could not be, with the reason. */
export interface ILoadSummary {
  readonly loaded: string[];
  readonly failed: { readonly name: string; readonly reason: string }[];
}

function namesIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];
}

/** Reads the JSON that the kernel helper leaves behind; anything unexpected counts as nothing said. */
export function readSummary(text: string | null): ILoadSummary {
  let value: unknown = null;
  try {
    value = text === null ? null : JSON.parse(text);
  } catch {
    value = null;
  }
  const field = (key: string): unknown => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : []);
  const failed = field('failed');
  return {
    loaded: namesIn(field('loaded')),
    failed: (Array.isArray(failed) ? failed : []).flatMap((item: unknown) => {
      const name: unknown = typeof item === 'object' && item !== null ? Reflect.get(item, 'name') : null;
      const reason: unknown = typeof item === 'object' && item !== null ? Reflect.get(item, 'reason') : null;
      return typeof name === 'string' ? [{ name, reason: typeof reason === 'string' ? reason : '' }] : [];
    })
  };
}
