const known = new Map<string, { text: string; shown: string; value: unknown }>();
const LIMIT = 2000;

/**
 * A file whose text did not change is not parsed again; the bridge asks for states at every change, and a run of many
 * stages reads one lock many times. The name under which it is shown counts too: what was parsed keeps it for messages.
 */
export function parseOnce<T>(path: string, shown: string, text: string, parse: () => T): T {
  const hit = known.get(path);
  if (hit?.text === text && hit.shown === shown) {
    return hit.value as T;
  }
  const value = parse();
  noteParsed(path, shown, text, value);
  return value;
}

/** What the text of a file means, known without parsing it because we made it. */
export function noteParsed(path: string, shown: string, text: string, value: unknown): void {
  if (known.size >= LIMIT) {
    known.clear();
  }
  known.set(path, { text, shown, value });
}
