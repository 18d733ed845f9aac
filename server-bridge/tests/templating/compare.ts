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

/** Name → text; a name that ends with a slash is a folder. `§{` stands for the opening of an expression. */
export type Files = Record<string, string>;

/** Texts with real expressions: written in the source they would look like forgotten templates. */
export const dollar = (text: string) => text.replaceAll('§{', '$' + '{');
const expand = (files: Files): Files =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [name, dollar(text)]));

function readFrom(files: Files): (path: string) => ParamsRead {
  return path => {
    if (`${path}/` in files || Object.keys(files).some(name => name.startsWith(`${path}/`))) return { kind: 'folder' };
    const text = files[path];
    return text === undefined ? { kind: 'missing' } : { kind: 'file', value: parseParams(text, path) };
  };
}

/** Stages as the oracle lists them: name, definition, whether it differs from the raw one, values taken from files. */
export type Row = [string, Tagged, boolean, Tagged];

export function ours(written: Files, where = '', parsing: ParsingConfig = {}): Row[] | { error: string } {
  const files = expand(written);
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
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
const plain = (text: string) => text.replace(COLOUR, '');

/** Our stages equal those of dvc, or both fail; with `words`, in the same words. */
export async function sameStages(
  ask: Ask,
  written: Files,
  options: { where?: string; parsing?: ParsingConfig; words?: boolean } = {}
) {
  const files = expand(written);
  const { where = '', parsing = {}, words = true } = options;
  const answer = await ask('resolve', files, { parsing }, where);
  const found = ours(files, where, parsing);
  if (answer.error === undefined) expect(found).toEqual(answer.ok);
  else {
    expect(found, `dvc says ${answer.error}: ${answer.message}`).toHaveProperty('error');
    if (words && !Array.isArray(found)) expect(found.error).toBe(plain(answer.message ?? ''));
  }
}
