const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', '\\': '\\', "'": "'", '"': '"' };

/** The value of a Python string as `repr` prints it, null when the text is something else. */
export function parsePythonString(text: string): string | null {
  const quote = text[0];
  if ((quote !== "'" && quote !== '"') || text.length < 2 || text.at(-1) !== quote) {
    return null;
  }
  return text
    .slice(1, -1)
    .replace(
      /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/gs,
      (all, x?: string, u?: string, long?: string, one?: string) => {
        const code = x ?? u ?? long;
        return code === undefined ? (ESCAPES[one ?? ''] ?? all) : String.fromCodePoint(parseInt(code, 16));
      }
    );
}
