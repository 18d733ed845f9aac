/** Files of every stage: accesses in code, modules aside, with the tags of its cells (N2, N19, N23). */
import type { AnalysisContext } from './context.js';
import { applyTags, relativePath, stageFiles, type FilePlace, type Files } from './files.js';
import type { FunctionTable } from './functions.js';
import type { NotebookText } from './notebook.js';
import type { Param } from './params.js';
import type { StagePlan } from './plan.js';
import type { Problems } from './problems.js';
import type { Cell, Program, Unit } from './program.js';
import { stringValue } from './python/literals.js';
import { fileEvents, type FileEvent, type ScanContext } from './scan.js';

export interface FilesInput {
  program: Program;
  plans: ReadonlyMap<string, StagePlan>;
  table: FunctionTable;
  params: ReadonlyMap<string, Param>;
  place: FilePlace;
  problems: Problems;
  notebook: NotebookText;
  context: AnalysisContext;
}

export function filesOf(input: FilesInput): Map<string, Files> {
  const { program, plans, table, params, place, problems, notebook } = input;
  const known = new Map<Unit, FileEvent[]>();
  const result = new Map<string, Files>();
  for (const { stage, selection } of plans.values()) {
    const context: ScanContext = {
      program,
      table,
      params,
      stage: stage.name,
      refuse: (unit, row, message) =>
        problems.add({
          code: 'E_PATH_PARAM',
          message,
          next: 'Put the text into a parameter of its own.',
          cell: unit.cell,
          row,
          stage: stage.name
        })
    };
    const events = (unit: Unit): FileEvent[] => {
      const before = known.get(unit);
      if (before !== undefined) {
        return before;
      }
      const made = fileEvents(context, unit);
      known.set(unit, made);
      return made;
    };
    const slice = [...selection.included].sort((a, b) => a.index - b.index);
    const base =
      slice
        .map(unit => chdir(unit, place))
        .filter(one => one !== null)
        .at(-1) ?? '';
    const all = [...slice, ...stage.units].flatMap(events);
    const files = stageFiles(
      { stage: stage.name, events: all, own: new Set(stage.units), base },
      place,
      problems,
      notebook
    );
    applyTags(files, stage.cells.map(tagOf), stage.name, place, problems);
    result.set(stage.name, files);
  }
  return result;
}

/** N22c: a constant `os.chdir` in setup is the base of all later paths. */
function chdir(unit: Unit, place: FilePlace): string | null {
  const argument = unit.effects.chdir?.argument;
  const text = argument === undefined ? undefined : stringValue(argument);
  return text === undefined ? null : relativePath(text, '', place);
}

function tagOf(cell: Cell): Parameters<typeof applyTags>[1][number] {
  const tag = cell.role.tag;
  return {
    cell: cell.index,
    deps: tag?.deps ?? [],
    outs: (tag?.outs ?? []).map(out =>
      typeof out === 'string' ? { path: out, kind: null } : { path: out.path, kind: out.kind ?? null }
    ),
    ignore: tag?.ignore ?? []
  };
}
