/** From a notebook's text to its stages: scripts, inputs, outputs, problems. Pure and in memory (spec/notebook.md §3–5). */
import { findChanges } from './changes.js';
import { checkCells, checkNames, checkSyntax, checkTags } from './checks.js';
import type { Analysis, AnalysisContext, CellResult, StageResult } from './context.js';
import { checkCrossing } from './crossing.js';
import { checkFlow } from './flow.js';
import { filesOf } from './stagefiles.js';
import { FunctionTable } from './functions.js';
import { checkMissing } from './missing.js';
import { Modules } from './modules.js';
import { notebookFolder } from './names.js';
import type { NotebookText } from './notebook.js';
import { findParams, paramDrifts } from './params.js';
import { planStages, type Previous, type StagePlan } from './plan.js';
import { Problems } from './problems.js';
import { readProgram, type Program } from './program.js';
import { layOut, readScript, type ScriptText } from './script.js';
import { stageResult } from './result.js';
import { checkStreams } from './streams.js';

/** Analyses a notebook. `initPython` must have been awaited. Never throws for what a user wrote. */
export function analyse(notebook: NotebookText, context: AnalysisContext): Analysis {
  const problems = new Problems(context.notebook);
  checkTags(notebook, context, problems);
  const program = readProgram(notebook, { accepts: context.accepts });
  const folder = context.notebook.includes('/') ? context.notebook.slice(0, context.notebook.lastIndexOf('/')) : '';
  const modules = new Modules({ folder, read: context.read }, program);
  const table = functionTable(program, modules);
  findChanges(program, table);
  const params = findParams(program, problems, notebook);
  const texts = new Map<string, ScriptText>();
  const plans = planStages(program, stage => previousOf(context, program, stage));
  for (const { stage, selection } of plans.values()) {
    texts.set(stage.name, layOut(stage, selection.included, program.cells));
  }
  checkNames(program, notebook, context, problems);
  checkSyntax(program, problems);
  checkCells(program, notebook, problems);
  for (const plan of plans.values()) {
    checkMissing(program, plan, notebook, problems);
  }
  const body = (stage: string): string => texts.get(stage)?.body ?? '';
  checkCrossing({ program, plans, notebook, context, problems, body });
  checkStreams(program, plans, table, notebook, problems);
  const place = { folder, root: context.root };
  const files = filesOf({ program, plans, table, modules, params, place, problems, notebook, context });
  const results: StageResult[] = [];
  for (const plan of plans.values()) {
    const text = texts.get(plan.stage.name);
    const found = files.get(plan.stage.name);
    if (text !== undefined && found !== undefined) {
      const parts = {
        plan,
        text,
        files: found,
        params,
        modules: modules.of([...plan.stage.units, ...plan.selection.included])
      };
      results.push(stageResult(parts, notebookFolder(context.notebook), place, context, problems));
    }
  }
  checkFlow(results, plans, notebook, problems);
  const drifts =
    context.params === undefined ? [] : paramDrifts(params.values(), context.params.file, context.params.mirrored);
  return {
    notebook: context.notebook,
    stages: settle(results, problems),
    cells: program.cells.map(cell => cellResult(cell.index, program)),
    params: [...params.values()],
    drifts,
    problems: problems.list
  };
}

function functionTable(program: Program, modules: Modules): FunctionTable {
  const table = new FunctionTable();
  for (const unit of program.units) {
    unit.facts.functions.forEach(facts => table.add(facts));
    unit.facts.classes.forEach(facts => table.held.add(facts));
  }
  modules.addFunctions(program.units, table);
  table.settle();
  return table;
}

/** The last compile of a stage, from its script on disk (N9a). */
function previousOf(context: AnalysisContext, program: Program, name: string): Previous | null {
  const text = context.previous?.(name) ?? null;
  const read = text === null ? null : readScript(text);
  if (read === null || read.header === null) {
    return null;
  }
  const { header, body } = read;
  return {
    out: Object.keys(header.vars_out),
    sameCode: (plan: StagePlan): boolean => {
      const now = layOut(plan.stage, plan.selection.included, program.cells);
      return blocksOf(body, header.blocks) === blocksOf(now.body, now.blocks);
    }
  };
}

function blocksOf(body: string, blocks: readonly number[]): string {
  const first = blocks[0];
  return first === undefined
    ? ''
    : body
        .split('\n')
        .slice(first - 3)
        .join('\n');
}

/** Stages that need a blocked one are blocked too. */
function settle(results: StageResult[], problems: Problems): StageResult[] {
  const byName = new Map(results.map(result => [result.name, result]));
  for (const result of results) {
    result.blocked = problems.blocked.has(result.name);
  }
  const waits = (name: string, seen: Set<string>): string[] => {
    const result = byName.get(name);
    if (result === undefined || seen.has(name)) {
      return [];
    }
    seen.add(name);
    return result.needs.flatMap(need => (byName.get(need)?.blocked === true ? [need] : waits(need, seen)));
  };
  for (const result of results) {
    result.blockedBy = [...new Set(waits(result.name, new Set()))].sort();
  }
  return results;
}

function cellResult(index: number, program: Program): CellResult {
  const cell = program.cells[index];
  if (cell === undefined || cell.parsed === null) {
    return { role: 'none', stage: null, automatic: [] };
  }
  const automatic = cell.units.filter(unit => unit.role === 'automatic').flatMap(unit => [...unit.facts.may]);
  const { role, stage } = cell.role;
  return {
    role: role ?? (automatic.length > 0 ? 'automatic' : 'scratch'),
    stage: role === 'stage' ? stage : null,
    automatic
  };
}
