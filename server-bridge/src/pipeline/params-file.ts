import { parseParams } from '../formats/params.js';
import type { Value } from '../formats/value.js';
import { readTextIfSync, statSync } from '../io/files.js';
import type { ParamsRead } from './templating/context.js';

const parsed = new Map<string, { text: string; value: Value }>();
const PARSED_LIMIT = 200;

/**
 * A parameter file as data. Many stages read one file, and templates the same one: the parse of an unchanged text is kept.
 * @param shown how messages name the file; its ending says the format
 * @throws `E_PARAMS_INVALID`
 */
export function readParamsFile(abs: string, shown: string): ParamsRead {
  const facts = statSync(abs);
  if (facts === null) {
    return { kind: 'missing' };
  }
  if (facts.isDirectory()) {
    return { kind: 'folder' };
  }
  const text = readTextIfSync(abs) ?? '';
  const known = parsed.get(abs);
  if (known?.text === text) {
    return { kind: 'file', value: known.value };
  }
  const value = parseParams(text, shown);
  if (parsed.size >= PARSED_LIMIT) {
    parsed.clear();
  }
  parsed.set(abs, { text, value });
  return { kind: 'file', value };
}
