/** The recorded output of a stage as it lies on disk (N45). */
import { readTextIfSync, statSync } from '../io/files.js';
import { RecordedOutput } from '../protocol/recorded.js';

/** Longest recorded output that is read (guide/reliability.md, notebook limit). */
const LIMIT = 256n * 1024n * 1024n;

/** Parsed outputs kept in memory. */
const KEPT = 100;

const read = new Map<string, { stamp: string; value: RecordedOutput | null }>();

/** The recorded output in a file; null when there is none or it is not ours. Parsed once for each state of the file. */
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

function parseRecorded(text: string): RecordedOutput | null {
  try {
    return RecordedOutput.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
