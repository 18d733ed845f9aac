import { MAX_FRAME, Part } from './wire.js';

/** Characters of JSON text in a part: every character may take three bytes in UTF-8, and quoting may double it. */
const PART_LENGTH = Math.floor(MAX_FRAME / 6) - 64;

/** Upper bound of one joined message in characters, so that a peer cannot fill memory (S5, S7): a notebook is at most 256 MiB. */
const MAX_MESSAGE = 256 * 1024 * 1024;

let counter = 0;

/** The frames that carry one message's JSON text: the text itself, or numbered parts when it is long (N51). */
export function* splitMessage(text: string): Generator<string> {
  if (text.length * 3 <= MAX_FRAME) {
    yield text;
    return;
  }
  counter += 1;
  const id = String(counter);
  const total = Math.ceil(text.length / PART_LENGTH);
  for (let i = 0; i < total; i += 1) {
    const part: Part = { part: [id, i, total], data: text.slice(i * PART_LENGTH, (i + 1) * PART_LENGTH) };
    yield JSON.stringify(part);
  }
}

/**
 * Joins frames to messages. Returns a function from frame to the parsed message, or undefined while parts are missing.
 * Throws on frames that are not JSON objects, on parts out of order and on messages that are too long.
 */
export function joinMessages(): (frame: string) => object | undefined {
  const open = new Map<string, { next: number; total: number; chunks: string[]; length: number }>();
  return frame => {
    const value: unknown = JSON.parse(frame);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new Error('A frame must be a JSON object');
    }
    if (!('part' in value)) {
      return value;
    }
    const { part, data } = Part.parse(value);
    const [id, index, total] = part;
    const entry = open.get(id) ?? { next: 0, total, chunks: [], length: 0 };
    if (index !== entry.next || total !== entry.total || total < 1) {
      throw new Error(`Part ${index} of message ${id} came out of order`);
    }
    entry.next += 1;
    entry.length += data.length;
    if (entry.length > MAX_MESSAGE || open.size > 16) {
      throw new Error('A message is larger than the limit');
    }
    entry.chunks.push(data);
    if (entry.next < total) {
      open.set(id, entry);
      return undefined;
    }
    open.delete(id);
    const whole: unknown = JSON.parse(entry.chunks.join(''));
    if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) {
      throw new Error('A message must be a JSON object');
    }
    return whole;
  };
}
