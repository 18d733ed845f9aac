/** For each line of Python text: does it start a logical line (not inside a string, a bracket or after a backslash)? */
export function logicalStarts(source: string): boolean[] {
  const starts: boolean[] = [];
  let depth = 0;
  let quote = '';
  let continued = false;
  for (const line of source.split('\n')) {
    const fresh = quote === '' && depth === 0 && !continued;
    starts.push(fresh);
    if (fresh && /^\s*[%!?]/.test(line) && !/^\s*%(time|timeit|prun)\b/.test(line)) {
      continued = false;
      continue;
    }
    ({ depth, quote, continued } = scanLine(line, depth, quote));
  }
  return starts;
}

interface LineState {
  depth: number;
  /** The open triple quote, '' for none. */
  quote: string;
  continued: boolean;
}

function scanLine(line: string, depth: number, quote: string): LineState {
  let at = 0;
  while (at < line.length) {
    if (quote !== '') {
      const end = closing(line, at, quote);
      if (end < 0) {
        const open = quote.length === 3 || line.endsWith('\\');
        return { depth, quote: open ? quote : '', continued: false };
      }
      at = end + quote.length;
      quote = '';
      continue;
    }
    const char = line.charAt(at);
    if (char === '#') {
      return { depth, quote, continued: false };
    }
    if (char === '"' || char === "'") {
      quote = line.startsWith(char.repeat(3), at) ? char.repeat(3) : char;
      at += quote.length;
      if (at >= line.length && quote.length === 1) {
        return { depth, quote: '', continued: false };
      }
      continue;
    }
    if ('([{'.includes(char)) {
      depth++;
    } else if (')]}'.includes(char)) {
      depth = Math.max(0, depth - 1);
    } else if (char === '\\' && at === line.length - 1) {
      return { depth, quote, continued: true };
    }
    at++;
  }
  return { depth, quote, continued: false };
}

function closing(line: string, from: number, quote: string): number {
  for (let at = from; at < line.length; at++) {
    if (line.charAt(at) === '\\') {
      at++;
    } else if (line.startsWith(quote, at)) {
      return at;
    }
  }
  return -1;
}
