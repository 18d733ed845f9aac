/** Puts what was found of one stage together: script, header, entry, and the lists that the popover shows. */
import { posix } from 'node:path';
import { compareCodePoints } from '../formats/codepoints.js';
import type { Found } from '../protocol/analysis.js';
import type { ScriptHeader } from '../protocol/script.js';
import type { AnalysisContext, StageResult } from './context.js';
import type { FilePlace, Files } from './files.js';
import { isAbove } from './listed.js';
import { stagePaths, variablePath } from './names.js';
import type { Param } from './params.js';
import type { StagePlan } from './plan.js';
import { cellName, type Problems } from './problems.js';
import type { Unit } from './program.js';
import { printScript, type ScriptText } from './script.js';

export interface StageParts {
  plan: StagePlan;
  text: ScriptText;
  files: Files;
  params: ReadonlyMap<string, Param>;
  /** Project paths of modules → the statement that imports them. */
  modules: ReadonlyMap<string, Unit>;
}

export function stageResult(
  parts: StageParts,
  folder: string,
  place: FilePlace,
  context: AnalysisContext,
  problems: Problems
): StageResult {
  const { plan, text, files } = parts;
  const { stage, selection } = plan;
  const paths = stagePaths(folder, stage.name);
  const params = usedParams(parts, problems);
  const modules = [...parts.modules.keys()]
    .map(path => posix.relative(place.folder, path))
    .filter(path => !files.ignore.includes(path));
  const reads = [...files.reads.values()].filter(file => !file.excluded).map(file => file.path);
  const writes = [...files.writes.values()].filter(file => !file.excluded);
  const variablesIn = Object.fromEntries(
    [...selection.variables.values()].map(one => [one.name, variablePath(folder, one.from, one.name)])
  );
  const variablesOut = Object.fromEntries(
    [...plan.out.keys()].map(name => [name, variablePath(folder, stage.name, name)])
  );
  const facts: Omit<ScriptHeader, 'v' | 'semantics' | 'blocks' | 'md5'> = {
    notebook: context.notebook,
    stage: stage.name,
    vars_in: variablesIn,
    vars_out: variablesOut,
    files_in: [...new Set([...reads, ...modules])],
    files_out: writes.map(file => file.path),
    // For the runner an ignored folder covers all in it: the notebook's own would hide modules and files of other stages.
    ignore: [...new Set(files.ignore)].filter(path => !isAbove(path)),
    params: Object.fromEntries(params.map(param => [param.name, { key: param.key, type: param.type }])),
    outputs: paths.outputs,
    bound_in: boundIn(plan, text),
    ...(plan.apart.length === 0 ? {} : { apart: apartOf(plan, folder) })
  };
  const script = printScript(text, facts);
  const header = JSON.parse(script.slice('# cellar: '.length, script.indexOf('\n'))) as ScriptHeader;
  if (text.blocks.length === 0 && !problems.blocked.has(stage.name)) {
    const cell = stage.cells[0]?.index ?? null;
    problems.add({
      code: 'E_STAGE_EMPTY',
      message: `The stage \`${stage.name}\` holds no code.`,
      next: 'Write code in its cells, or untag them.',
      cell,
      stage: stage.name
    });
  }
  return {
    name: stage.name,
    cells: stage.cells.map(cell => cell.index),
    blockCells: text.blockCells,
    paths,
    script,
    header,
    deps: [...new Set([paths.script, ...Object.values(variablesIn), ...facts.files_in])].sort(compareCodePoints),
    params: [...new Set(params.map(param => param.key))].sort(compareCodePoints),
    outs: [
      { path: paths.outputs, kind: 'out' as const },
      ...Object.values(variablesOut).map(path => ({ path, kind: 'out' as const })),
      ...writes.map(file => ({ path: file.path, kind: file.kind }))
    ],
    blocked: false,
    blockedBy: [],
    inputs: inputsOf(parts, params, place),
    outputs: outputsOf(parts),
    needs: [...new Set([...selection.variables.values()].map(one => one.from))].sort(),
    makes: [...new Set(stage.units.flatMap(unit => [...unit.facts.may, ...unit.changed.keys()]))],
    slice: [...selection.included]
      .sort((a, b) => a.index - b.index)
      .map(unit => ({ name: [...unit.facts.may][0] ?? '', cell: unit.cell, text: unit.node.text })),
    lines: text.lines
  };
}

/** Pairs that the runner is to find apart, with the file that says what the stage which knows them saw. */
function apartOf(plan: StagePlan, folder: string): [string, string, string][] {
  return plan.apart.map(({ pair, seenBy }) => [...pair, stagePaths(folder, seenBy).outputs]);
}

/** Parameters that the script reads; a slice statement above the params cell that binds the name would hide it. */
function usedParams(parts: StageParts, problems: Problems): Param[] {
  const { plan, params } = parts;
  const used: Param[] = [];
  for (const [name, unit] of plan.selection.params) {
    const param = params.get(name);
    const hiding = [...plan.selection.included].find(one => one.index < unit.index && one.facts.may.has(name));
    if (hiding !== undefined) {
      problems.add({
        code: 'E_PARAM_HIDDEN',
        message: `\`${name}\` is bound in ${cellName(hiding.cell)} and is a parameter in ${cellName(unit.cell)}.`,
        next: 'Give one of them another name.',
        cell: hiding.cell,
        row: hiding.node.row,
        stage: plan.stage.name
      });
    }
    if (param !== undefined) {
      used.push(param);
    }
  }
  return used;
}

/** Variable out → index of the last block that binds or may change it (N37). */
function boundIn(plan: StagePlan, text: ScriptText): Record<string, number> {
  const bound: Record<string, number> = {};
  for (const name of plan.out.keys()) {
    const unit = plan.stage.units.filter(one => one.facts.may.has(name) || one.changed.has(name)).at(-1);
    const block = text.blockCells.indexOf(unit?.cell ?? -1);
    bound[name] = Math.max(0, block);
  }
  return bound;
}

function inputsOf(parts: StageParts, params: readonly Param[], place: FilePlace): Found[] {
  const { plan, files, modules } = parts;
  const found: Found[] = [];
  for (const one of plan.selection.variables.values()) {
    found.push({
      kind: 'variable',
      name: one.name,
      how: one.from,
      cell: one.reader.cell,
      line: one.row + 1,
      added: false,
      excluded: false
    });
  }
  for (const file of files.reads.values()) {
    found.push({
      kind: 'file',
      name: file.path,
      how: file.how,
      cell: file.cell,
      line: line(file.row),
      added: file.added,
      excluded: file.excluded
    });
  }
  for (const [path, unit] of modules) {
    const name = posix.relative(place.folder, path);
    found.push({
      kind: 'module',
      name,
      how: 'import',
      cell: unit.cell,
      line: unit.node.row + 1,
      added: false,
      excluded: files.ignore.includes(name)
    });
  }
  for (const param of params) {
    found.push({
      kind: 'param',
      name: param.key,
      how: param.type,
      cell: param.unit.cell,
      line: param.unit.node.row + 1,
      added: false,
      excluded: false
    });
  }
  return found;
}

function outputsOf({ plan, files }: StageParts): Found[] {
  const found: Found[] = [];
  for (const [name, why] of plan.out) {
    const unit = plan.stage.units.filter(one => one.facts.may.has(name) || one.changed.has(name)).at(-1);
    found.push({
      kind: 'variable',
      name,
      how: why,
      cell: unit?.cell ?? null,
      line: unit === undefined ? null : unit.node.row + 1,
      added: false,
      excluded: false
    });
  }
  for (const file of files.writes.values()) {
    found.push({
      kind: 'file',
      name: file.path,
      how: file.how,
      cell: file.cell,
      line: line(file.row),
      outKind: file.kind,
      added: file.added,
      excluded: file.excluded
    });
  }
  return found;
}

function line(row: number | null): number | null {
  return row === null ? null : row + 1;
}
