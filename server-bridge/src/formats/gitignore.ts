/** The line by which a `.gitignore` hides an out of the same folder: `/name`, pattern characters escaped (spec/dvc-data.md §2.9). */
export function ignoreLine(name: string): string {
  return `/${name.replace(/[[\]!*#?]/g, '\\$&')}`;
}

/** `.gitignore` text with the line for `name`; the same text when it has it already. */
export function addLine(text: string, name: string): string {
  const line = ignoreLine(name);
  if (text.split(/\r?\n/).includes(line)) return text;
  return `${text === '' || text.endsWith('\n') ? text : `${text}\n`}${line}\n`;
}

/**
 * `.gitignore` text without the lines for `name`, or null when nothing is left and the file shall go. Both the escaped
 * and the bare spelling are removed; DVC itself forgets the escaped one (spec/dvc-data.md §10.2 Q3).
 */
export function removeLine(text: string, name: string): string | null {
  const wanted = new Set([ignoreLine(name), `/${name}`]);
  const lines = text.split(/(?<=\n)/);
  const kept = lines.filter(line => !wanted.has(line.trim()));
  if (kept.length === lines.length) return text;
  return kept.length === 0 ? null : kept.join('');
}
