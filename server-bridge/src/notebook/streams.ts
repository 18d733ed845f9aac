/** Random numbers that differ from run to run, or are the same in two stages (N46). */
import type { Fix } from '../protocol/analysis.js';
import type { FunctionTable } from './functions.js';
import type { NotebookText } from './notebook.js';
import type { StagePlan } from './plan.js';
import { rowsEdit, type Problems } from './problems.js';
import { newestBinding, type Program, type Unit } from './program.js';
import { argumentsOf } from './python/calls.js';
import type { CallSite } from './python/facts.js';
import { DRAW_METHODS } from './python/methods.js';

interface Draw {
  /** `numpy` and `random` for the streams of the modules, else the name of a generator of setup. */
  stream: string;
  unit: Unit;
  row: number;
}

/** How the stream of a module gets a seed, and which calls give one. */
const MODULES = new Map([
  [
    'numpy',
    { draws: /^(np|numpy)\.random\./, seeds: /^(np|numpy)\.random\.(seed|set_state)$/, line: 'np.random.seed' }
  ],
  ['random', { draws: /^random\./, seeds: /^random\.(seed|setstate)$/, line: 'random.seed' }]
]);
const SEEDS_ALL = /(^|\.)(seed_everything|set_random_seed|set_seed|fix_seed|set_seeds)$/;
const DEEPEST = 4;

export function checkStreams(
  program: Program,
  plans: ReadonlyMap<string, StagePlan>,
  table: FunctionTable,
  notebook: NotebookText,
  problems: Problems
): void {
  const first = new Map<string, string>();
  for (const { stage, selection } of plans.values()) {
    const told = new Set<string>();
    for (const draw of stage.units.flatMap(unit => drawsOf(program, table, unit))) {
      if (told.has(draw.stream)) {
        continue;
      }
      told.add(draw.stream);
      const before = [...stage.units, ...selection.included].filter(unit => unit.index <= draw.unit.index);
      const seeded = before.find(unit => seeds(table, unit, draw.stream));
      const other = first.get(draw.stream);
      if (seeded === undefined) {
        unseeded(draw, stage.name, notebook, problems);
      } else if (seeded.stage === null && other !== undefined) {
        sharedStream(draw, other, seeded, stage.name, { notebook, problems, number: first.size + told.size });
      } else if (seeded.stage === null) {
        first.set(draw.stream, stage.name);
      }
    }
  }
}

/** Calls that a statement makes, itself and in the functions of the notebook and its modules that it calls. */
function callsOf(table: FunctionTable, unit: Unit): { site: CallSite; row: number }[] {
  const found: { site: CallSite; row: number }[] = [];
  const seen = new Set<unknown>();
  const walk = (sites: readonly CallSite[], owner: string, row: number | null, depth: number): void => {
    for (const site of sites) {
      found.push({ site, row: row ?? site.row });
      for (const { summary } of depth < DEEPEST ? table.callees(site, owner) : []) {
        if (!seen.has(summary)) {
          seen.add(summary);
          walk(summary.facts.body.calls, summary.module, row ?? site.row, depth + 1);
        }
      }
    }
  };
  walk(unit.facts.calls, '', null, 0);
  return found;
}

function drawsOf(program: Program, table: FunctionTable, unit: Unit): Draw[] {
  return callsOf(table, unit).flatMap(({ site, row }) => {
    const stream = DRAW_METHODS.has(site.method) ? streamOf(program, site, unit) : null;
    return stream === null ? [] : [{ stream, unit, row }];
  });
}

function streamOf(program: Program, site: CallSite, unit: Unit): string | null {
  const { callee, method } = site;
  if (/^(seed|setstate|spawn)$/.test(method)) {
    return null;
  }
  const name = callee.slice(0, callee.length - method.length - 1);
  const newest = name === '' || name.includes('.') ? undefined : newestBinding(program, name, unit.index);
  if (newest !== undefined && newest.unit.generator && newest.unit.role !== 'stage') {
    return name;
  }
  const module = [...MODULES].find(([, { draws }]) => draws.test(callee))?.[0] ?? null;
  return module === 'random' && newest?.unit.kind !== 'import' ? null : module;
}

/** Does the statement give the stream its seed? */
function seeds(table: FunctionTable, unit: Unit, stream: string): boolean {
  const module = MODULES.get(stream);
  if (module === undefined) {
    const made = unit.facts.calls.at(-1);
    return unit.generator && unit.facts.may.has(stream) && made !== undefined && argumentsOf(made.node).length > 0;
  }
  return callsOf(table, unit).some(({ site }) => module.seeds.test(site.callee) || SEEDS_ALL.test(site.callee));
}

function unseeded({ stream, unit, row }: Draw, stage: string, notebook: NotebookText, problems: Problems): void {
  const module = MODULES.get(stream);
  const what = module === undefined ? `\`${stream}\`` : `the module \`${stream}\``;
  problems.add({
    code: 'W_UNSEEDED',
    severity: 'hint',
    message: `\`${stage}\` draws random numbers from ${what}, which nobody gave a seed: each run gives another result.`,
    next:
      module === undefined
        ? 'Give the generator a seed where it is made.'
        : `Write \`${module.line}(0)\` in setup, or in the stage.`,
    cell: unit.cell,
    row,
    fixes: module === undefined ? [] : [seedFix(notebook, unit.cell, `${module.line}(0)`, stage)]
  });
}

interface Shared {
  notebook: NotebookText;
  problems: Problems;
  /** Another seed than that of setup. */
  number: number;
}

function sharedStream(
  draw: Draw,
  other: string,
  seeded: Unit,
  stage: string,
  { notebook, problems, number }: Shared
): void {
  const { stream, unit, row } = draw;
  const module = MODULES.get(stream);
  const made = seeded.facts.calls.at(-1)?.node;
  const maker = made?.get('function')?.text;
  const line = module === undefined ? `${stream} = ${maker ?? 'make'}(${number})` : `${module.line}(${number})`;
  problems.add({
    code: 'W_SHARED_STREAM',
    severity: 'hint',
    message: `\`${other}\` and \`${stage}\` draw from \`${stream}\`; each stage begins it anew, so both get the same numbers.`,
    next: `Give \`${stage}\` a seed of its own: \`${line}\`.`,
    cell: unit.cell,
    row,
    fixes: module === undefined && maker === undefined ? [] : [seedFix(notebook, unit.cell, line, stage)]
  });
}

/** Puts the line at the top of the cell: a seed counts in its own stage only. */
function seedFix(notebook: NotebookText, cell: number, line: string, stage: string): Fix {
  const first = (notebook.cells[cell]?.source ?? '').split('\n')[0] ?? '';
  return {
    label: `Write ${line} into ${stage}`,
    edits: [rowsEdit(notebook, cell, 0, 0, first.startsWith('%%') ? `${first}\n${line}` : `${line}\n${first}`)]
  };
}
