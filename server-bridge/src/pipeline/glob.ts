/** Python's `fnmatch` on a name: `*`, `?`, `[seq]`, `[!seq]`; everything else is itself. Linear in the text. */
export function globMatcher(pattern: string): (text: string) => boolean {
  let source = '';
  for (let i = 0; i < pattern.length; i += 1) {
    const character = pattern[i] as string;
    const end = character === '[' ? closing(pattern, i) : -1;
    if (character === '*') {
      // A run of stars is one star: several in a row would make the match slow.
      source += source.endsWith('.*') ? '' : '.*';
    } else if (character === '?') {
      source += '.';
    } else if (end > 0) {
      const inner = pattern
        .slice(i + 1, end)
        .replace(/\\/g, '\\\\')
        .replace(/\]/g, '\\]')
        .replace(/^!/, '^');
      source += `[${inner}]`;
      i = end;
    } else {
      source += character.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    }
  }
  const expression = new RegExp(`^${source}$`, 's');
  return text => expression.test(text);
}

/** Index of the bracket that closes the set; a `]` right after `[` or `[!` is a member. */
function closing(pattern: string, open: number): number {
  let at = open + 1;
  if (pattern[at] === '!') {
    at += 1;
  }
  return pattern.indexOf(']', at + 1 <= pattern.length ? at + 1 : at);
}
