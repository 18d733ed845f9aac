import type { Value } from './value.js';
import { readQuickly } from './yaml/quick.js';
import { documentValue, parseSyntax } from './yaml/read.js';

export { printYaml } from './yaml/print.js';
export { patchYaml } from './yaml/patch.js';

/**
 * Reads YAML 1.2 the way DVC does (spec/dvc-pipelines.md §0): an empty file is `{}`, duplicate keys are an error,
 * integers are bigint and floats number. Throws `E_YAML_INVALID` with line and column; `file` is only named there.
 */
export function parseYaml(text: string, file: string): Value {
  return readQuickly(text, part => readFully(part, file)) ?? readFully(text, file);
}

function readFully(text: string, file: string): Value {
  return documentValue(parseSyntax(text, file), text, file);
}
