import { parseParams } from '../formats/params.js';
import { readTextIfSync, statSync } from '../io/files.js';
import { parseOnce } from './parsed-files.js';
import type { ParamsRead } from './templating/context.js';

/**
 * A parameter file as data. Many stages read one file, and templates the same one.
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
  return { kind: 'file', value: parseOnce(abs, shown, text, () => parseParams(text, shown)) };
}
