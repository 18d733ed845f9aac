import { posix } from 'node:path';
import { expect } from 'vitest';
import { parseParams } from '../../src/formats/params.js';
import { parsePipelineFile } from '../../src/formats/pipelinefile.js';
import type { ParamsRead } from '../../src/pipeline/templating/context.js';
import { resolvePipeline } from '../../src/pipeline/templating/resolve.js';
import type { ParsingConfig } from '../../src/pipeline/templating/text.js';
import { CellarError } from '../../src/protocol/errors.js';
import type { Ask, Tagged } from '../formats/oracle.js';
import { tag } from '../formats/oracle.js';

/** Name → text; a name that ends with a slash is a folder. */
export type Files = Record<string, string>;

function readFrom(files: Files): (path: string) => ParamsRead {
  return path => {
    if (`${path}/` in files || Object.keys(files).some(name => name.startsWith(`${path}/`))) return { kind: 'folder' };
    const text = files[path];
    return text === undefined ? { kind: 'missing' } : { kind: 'file', value: parseParams(text, path) };
  };
}

/** Stages as the oracle lists them: name, definition, whether it differs from the raw one, values taken from files. */
export type Row = [string, Tagged, boolean, Tagged];

export function ours(files: Files, where = '', parsing: ParsingConfig = {}): Row[] | { error: string } {
  const file = posix.join(where, 'dvc.yaml');
  try {
    const pipeline = parsePipelineFile(files[file] ?? '', file);
    return resolvePipeline(pipeline, { readParams: readFrom(files), parsing }).map(
      ({ name, map, parametrized, tracked }) => [name, tag(map), parametrized, tag(new Map([...tracked]))]
    );
  } catch (error) {
    if (!(error instanceof CellarError)) throw error;
    return { error: error.message };
  }
}

/** Python colours parse errors; we do not. */
// eslint-disable-next-line no-control-regex
const plain = (text: string) => text.replace(/\x1b\[[0-9;]*m/g, '');

/** Our stages equal those of dvc, or both fail; with `words`, in the same words. */
export async function sameStages(
  ask: Ask,
  files: Files,
  options: { where?: string; parsing?: ParsingConfig; words?: boolean } = {}
) {
  const { where = '', parsing = {}, words = true } = options;
  const answer = await ask('resolve', files, { parsing }, where);
  const found = ours(files, where, parsing);
  if (answer.error === undefined) expect(found).toEqual(answer.ok);
  else {
    expect(found, `dvc says ${answer.error}: ${answer.message}`).toHaveProperty('error');
    if (words && !Array.isArray(found)) expect(found.error).toBe(plain(answer.message ?? ''));
  }
}
