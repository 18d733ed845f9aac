import { dirname, join } from 'node:path';
import type { Value } from '../formats/value.js';
import type { Analysis, StageResult } from '../notebook/context.js';
import { readRecorded } from '../notebook/recorded.js';
import { pipelineStage } from '../pipeline/read-stage.js';
import { addressOf, type Stage } from '../pipeline/stage.js';
import type { StageFound } from '../protocol/analysis.js';
import type { BlockMap } from '../protocol/job.js';
import type { WireCell } from '../protocol/wire.js';
import { md5Of } from './recorded-outputs.js';
import { scriptReasons } from './script-reasons.js';
import type { LiveStage } from './stage-states.js';

/**
 * The mapping that `dvc.yaml` would hold for a stage as it is in memory, resolved: a parameter in a path stands there as
 * `${key}` (N24). Keys and flags of the entry on disk that are not the compiler's stay (N7).
 */
function liveMap(
  result: StageResult,
  before: Stage | undefined,
  values: ReadonlyMap<string, Value>
): Map<string, Value> {
  const resolve = (path: string): string =>
    path.replace(/\$\{([^}]+)\}/g, (whole, key: string) => {
      const value = values.get(key.trim());
      return value === undefined || value === null || typeof value === 'object' ? whole : String(value);
    });
  const old = new Map(before?.outs.map(out => [out.path, out.flags]));
  const lists = new Map<string, Value[]>([
    ['outs', []],
    ['metrics', []],
    ['plots', []]
  ]);
  for (const out of result.outs) {
    const path = resolve(out.path);
    const flags = old.get(path);
    const cached = flags?.cache ?? out.kind !== 'metric';
    const key = `${out.kind}s`;
    lists.get(key)?.push(cached ? path : new Map([[path, new Map([['cache', false]])]]));
  }
  return new Map<string, Value>([
    ['cmd', result.paths.command],
    ['deps', result.deps.map(resolve)],
    ['params', [...result.params]],
    ...lists,
    ['frozen', before?.frozen === true],
    ['always_changed', before?.alwaysChanged === true],
    ['meta', before?.meta ?? new Map([['cellar', new Map()]])]
  ]);
}

export interface LiveNotebook {
  /** Absolute path of the notebook. */
  abs: string;
  /** Absolute root of the project. */
  root: string;
  analysis: Analysis;
}

/** The notebook's stages as they are in memory, in the shape in which states are computed (N51). */
export function liveStages(notebook: LiveNotebook, onDisk: readonly Stage[]): LiveStage[] {
  const folder = dirname(notebook.abs);
  const file = join(folder, 'dvc.yaml');
  const values = new Map(paramValues(notebook.analysis).map(({ key, value }) => [key, value] as const));
  return notebook.analysis.stages.map(result => {
    const before = onDisk.find(stage => stage.file === file && stage.name === result.name);
    const map = liveMap(result, before, values);
    const stage = pipelineStage({ file, root: notebook.root }, result.name, null, map, before?.lock ?? null);
    const body = result.script.slice(result.script.indexOf('\n') + 1);
    const outputs = join(folder, result.paths.outputs);
    return {
      stage,
      script: {
        abs: join(folder, result.paths.script),
        md5: md5Of(result.script),
        size: Buffer.byteLength(result.script)
      },
      params: new Map(result.params.flatMap(key => paramOf(key, values))),
      blocked: blockedWords(notebook.analysis, result),
      explainScript: () =>
        scriptReasons(recordedScript(outputs), body, result.header.blocks, {
          stage: result.name,
          blockCells: result.blockCells
        }),
      undeclared: (readRecorded(outputs)?.undeclared.length ?? 0) > 0
    };
  });
}

/** The address of each stage of the notebook, as messages name it. */
export function addressesIn(live: readonly LiveStage[], root: string): (stage: { readonly name: string }) => string {
  return ({ name }) => {
    const stage = live.find(each => each.stage.name === name)?.stage;
    return stage === undefined ? name : addressOf(stage, root);
  };
}

/** Parameters as a run would read them: the file wins over the cell where only the file changed (N32). */
export function paramValues(analysis: Analysis): { name: string; key: string; value: Value }[] {
  const fromFile = new Map(
    analysis.drifts.flatMap(({ kind, param, file }) =>
      kind === 'file' && file !== undefined ? [[param.key, file] as const] : []
    )
  );
  return analysis.params.map(({ name, key, value }) => ({ name, key, value: fromFile.get(key) ?? value }));
}

function paramOf(key: string, values: ReadonlyMap<string, Value>): [string, Value][] {
  const value = values.get(key);
  return value === undefined ? [] : [[key, value]];
}

function recordedScript(path: string): string | null {
  return readRecorded(path)?.script ?? null;
}

/** Why a stage cannot be compiled, in one sentence; null when it can. */
function blockedWords(analysis: Analysis, result: StageResult): string | null {
  if (result.blocked) {
    const errors = analysis.problems.filter(each => each.severity === 'error');
    // Next to what the stage itself lacks, a file of the folder that cannot be read blocks all of its stages.
    const problem = errors.find(each => each.stage === result.name) ?? errors.find(each => each.stage === undefined);
    return problem?.message ?? 'this stage cannot be compiled';
  }
  const above = result.blockedBy[0];
  return above === undefined ? null : `\`${above}\` is blocked`;
}

export function foundOf(result: StageResult): StageFound {
  return { inputs: result.inputs, outputs: result.outputs };
}

/** Which cell each block of a stage's script came from, and how its lines map (N9, N56). */
export function blockMaps(result: StageResult, cells: readonly WireCell[]): BlockMap[] {
  const { blocks } = result.header;
  return result.blockCells.map((cell, index) => {
    const from = blocks[index] ?? 0;
    const to = blocks[index + 1] ?? Number.POSITIVE_INFINITY;
    return {
      cell,
      id: cells[cell]?.id ?? null,
      source: md5Of(cells[cell]?.source ?? ''),
      lines: result.lines
        .filter(origin => origin.cell === cell && origin.line >= from && origin.line < to)
        .map((origin): [number, number] => [origin.line, origin.row + 1])
    };
  });
}
