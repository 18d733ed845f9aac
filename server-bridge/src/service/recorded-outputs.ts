import { createHash } from 'node:crypto';
import { readTextIfSync, statSync } from '../io/files.js';
import { RecordedOutput } from '../protocol/recorded.js';
import { SCRIPT_BLOCK_MARK } from '../protocol/script.js';

/** Longest recorded output that is read (guide/reliability.md, notebook limit). */
const LIMIT = 256n * 1024n * 1024n;

/** Parsed outputs kept in memory. */
const KEPT = 100;

const read = new Map<string, { stamp: string; value: RecordedOutput | null }>();

/** The recorded output in a file (N45); null when there is none or it is not ours. Parsed once for each state of the file. */
export function readRecorded(path: string): RecordedOutput | null {
  const facts = statSync(path);
  if (facts === null || facts.size > LIMIT) {
    return null;
  }
  const stamp = `${facts.ino} ${facts.size} ${facts.mtimeNs} ${facts.ctimeNs}`;
  const known = read.get(path);
  if (known?.stamp === stamp) {
    return known.value;
  }
  const value = parseRecorded(readTextIfSync(path) ?? '');
  read.set(path, { stamp, value });
  // The newest few: an output can hold pictures, and a bridge lives for weeks.
  for (const oldest of read.keys()) {
    if (read.size <= KEPT) {
      break;
    }
    read.delete(oldest);
  }
  return value;
}

export function parseRecorded(text: string): RecordedOutput | null {
  try {
    return RecordedOutput.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/**
 * The texts of a script's slice and blocks. `script` is the text without its first line, `blocks` the first lines of its
 * blocks counted in the whole file (N9); without them the block marks tell where blocks begin.
 */
export function splitScript(script: string, blocks?: readonly number[]): { slice: string; blocks: string[] } {
  const lines = script.split('\n');
  // Line n of the file is lines[n - 2]: the header line is not in the text.
  const starts =
    blocks?.map(line => line - 2) ?? lines.flatMap((line, index) => (line === SCRIPT_BLOCK_MARK ? [index + 1] : []));
  const first = starts[0] ?? lines.length;
  return {
    slice: lines.slice(0, Math.max(0, first - 1)).join('\n'),
    blocks: starts.map((start, index) => {
      const next = starts[index + 1];
      return lines.slice(start, next === undefined ? lines.length : next - 1).join('\n');
    })
  };
}

export function md5Of(text: string): string {
  return createHash('md5').update(text, 'utf8').digest('hex');
}
