/** Files of every stage: accesses in code, modules aside, with the tags of its cells (N2, N19, N23). */
import { posix } from 'node:path';
import type { AnalysisContext } from './context.js';
import { applyTags, relativePath, settleOptional, stageFiles, type FilePlace, type Files } from './files.js';
import type { FunctionTable } from './functions.js';
import { settleListings } from './listed.js';
import type { Modules } from './modules.js';
import type { NotebookText } from './notebook.js';
import type { Param } from './params.js';
import type { StagePlan } from './plan.js';
import type { Problems } from './problems.js';
import type { Cell, Program, Unit } from './program.js';
import { plainText } from './python/format.js';
import { stringValue } from './python/literals.js';
import { textParam } from './path-params.js';
import { fileEvents, moduleEvents, type FileEvent, type ScanContext } from './scan.js';

export interface FilesInput {
  program: Program;
  plans: ReadonlyMap<string, StagePlan>;
  table: FunctionTable;
  modules: Modules;
  params: ReadonlyMap<string, Param>;
  place: FilePlace;
  problems: Problems;
  notebook: NotebookText;
  context: AnalysisContext;
}

/** Text that changes what a database holds. */
const CHANGES_DATA =
  /\.to_sql\(|\.commit\(|\b(insert\s+(or\s+\w+\s+)?into|create\s+(or\s+replace\s+)?(temp(orary)?\s+)?(table|view|index)|update\s+\w+\s+set|delete\s+from|drop\s+table|alter\s+table|replace\s+into)\b/i;

export function filesOf(input: FilesInput): Map<string, Files> {
  const { plans, place, problems, notebook, modules } = input;
  const known = new Map<Unit | string, FileEvent[]>();
  const result = new Map<string, Files>();
  for (const { stage, selection } of plans.values()) {
    const context = scanContext(input, stage.name);
    const once = (key: Unit | string, make: () => FileEvent[]): FileEvent[] => {
      const events = known.get(key) ?? make();
      known.set(key, events);
      return events;
    };
    const slice = [...selection.included].sort((a, b) => a.index - b.index);
    const base =
      slice
        .map(unit => chdir(unit, place))
        .filter(one => one !== null)
        .at(-1) ?? '';
    const units = [...slice, ...stage.units];
    const all = [
      ...[...modules.of(units)].flatMap(([file, unit]) =>
        once(`${file} ${unit.index}`, () => moduleEvents(context, unit, file))
      ),
      ...units.flatMap(unit => once(unit, () => fileEvents(context, unit)))
    ];
    const changesData =
      all.some(event => event.mode === 'database') && stage.units.some(unit => CHANGES_DATA.test(unit.node.text));
    const files = stageFiles(
      { stage: stage.name, events: all, own: new Set(stage.units), base, changesData },
      place,
      problems,
      notebook
    );
    applyTags(files, stage.cells.map(tagOf), stage.name, place, problems);
    result.set(stage.name, files);
  }
  const made = new Set([...result.values()].flatMap(files => [...files.writes.keys()]));
  result.forEach(files => settleOptional(files, path => kindOf(input, path), made));
  settleListings(result, input);
  return result;
}

function scanContext(input: FilesInput, stage: string): ScanContext {
  const { program, table, modules, params, place, problems, notebook } = input;
  return {
    program,
    table,
    modules,
    params,
    place: file => posix.relative(place.folder, file),
    refuse: (unit, row, node, message) => {
      const own = textParam(notebook, params, node);
      problems.add({
        code: 'E_PATH_PARAM',
        message,
        next:
          own === null
            ? 'Put the whole text into a parameter of its own, and use that in the path.'
            : `Put the text into a parameter of its own, \`${own.line}\`, and use \`{${own.name}}\` in the path.`,
        cell: unit.cell,
        row,
        stage,
        fixes: own === null ? [] : [own.fix]
      });
    }
  };
}

/** What stands at a path now; a parameter in it has its present value. */
function kindOf({ context, params, place }: FilesInput, path: string): 'file' | 'folder' | null {
  const values = new Map([...params.values()].map(param => [param.key, param.value]));
  const text = path.replace(/\$\{([^}]*)\}/g, (whole, key: string) => {
    const value = values.get(key);
    return typeof value === 'string' || typeof value === 'bigint' || typeof value === 'number'
      ? plainText(value)
      : whole;
  });
  const whole = posix.join(place.folder, text);
  return context.exists === undefined ? (context.read(whole) === null ? null : 'file') : context.exists(whole);
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
