/** Checks of cells on their own: tags, syntax, magics, things that no stage can do (N1, N17, N22). */
import { basename } from 'node:path/posix';
import type { AnalysisContext } from './context.js';
import { roleOf, notebookTag, type NotebookText } from './notebook.js';
import { moveToSetup, tagEdit, type Problems } from './problems.js';
import type { Cell, Program, Unit } from './program.js';
import { readsStage } from './selection.js';

/** A name that is free to tag with: `<notebook>-<stage>`. */
export function freeName(notebook: string, stage: string): string {
  return `${basename(notebook, '.ipynb')}-${stage}`.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 64);
}

export function checkTags(notebook: NotebookText, context: AnalysisContext, problems: Problems): void {
  if (notebookTag(notebook.metadata).malformed) {
    problems.add({
      code: 'E_NOTEBOOK_TAG',
      message: "The notebook's own `cellar` metadata is malformed.",
      next: 'Remove it.',
      cell: null,
      fixes: [
        {
          label: 'Remove it',
          edits: [
            { edit: 'metadata', key: 'params_prefix', value: null },
            { edit: 'metadata', key: 'version', value: 1 }
          ]
        }
      ]
    });
  }
  notebook.cells.forEach((cell, index) => {
    const { error, stage } = roleOf(cell);
    const untag = { label: 'Untag the cell', edits: [{ edit: 'tag' as const, cell: index, id: cell.id, tag: null }] };
    if (error === 'malformed') {
      problems.add({
        code: 'E_TAG',
        message: "The cell's `cellar` tag is malformed.",
        next: 'Tag the cell anew.',
        cell: index,
        fixes: [untag]
      });
    } else if (error === 'no-name') {
      problems.add({
        code: 'E_STAGE_NAME',
        message: 'The cell is a stage without a name.',
        next: 'Give the stage a name.',
        cell: index,
        fixes: [untag]
      });
    } else if (error === 'name') {
      const name = (stage ?? '')
        .normalize('NFKD')
        .replace(/[^A-Za-z0-9_-]+/g, '-')
        .replace(/^-+|-+$/g, '')
        .slice(0, 60);
      const legal = name === '' || /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(name) ? `${name}_` : name;
      problems.add({
        code: 'E_STAGE_NAME',
        message: `\`${stage ?? ''}\` is no stage name: letters, digits, \`_\` and \`-\`, at most 64.`,
        next: `Call it \`${legal}\`.`,
        cell: index,
        fixes: [{ label: `Call it ${legal}`, edits: [tagEdit(notebook, index, 'stage', legal)] }, untag]
      });
    }
  });
  if (
    context.language != null &&
    context.language !== 'python' &&
    notebook.cells.some(cell => roleOf(cell).role !== null)
  ) {
    problems.add({
      code: 'E_LANGUAGE',
      message: `The kernel speaks ${context.language}; stages are written in Python.`,
      next: 'Choose a Python kernel.',
      cell: null
    });
  }
}

/** Names used twice: by case, in another notebook, by a hand-written stage (N1, N6). */
export function checkNames(
  program: Program,
  notebook: NotebookText,
  context: AnalysisContext,
  problems: Problems
): void {
  const folded = new Map<string, string>();
  const rename = (stage: string, name: string): { label: string; edits: ReturnType<typeof tagEdit>[] } => ({
    label: `Call it ${name}`,
    edits: (program.stages.get(stage)?.cells ?? []).map(cell => tagEdit(notebook, cell.index, 'stage', name))
  });
  for (const { name, cells } of program.stages.values()) {
    const cell = cells[0]?.index ?? null;
    const other = folded.get(name.toLowerCase());
    folded.set(name.toLowerCase(), name);
    const free = freeName(context.notebook, name);
    if (other !== undefined) {
      problems.add({
        code: 'E_STAGE_NAME_CASE',
        message: `\`${name}\` and \`${other}\` differ only in case; some file systems hold them equal.`,
        next: `Give one of them another name.`,
        cell,
        stage: name,
        fixes: [rename(name, other), rename(name, `${name}-2`)]
      });
    } else if (context.taken?.has(name) === true) {
      const owner = context.taken.get(name);
      problems.add({
        code: 'E_STAGE_NAME_TAKEN',
        message: `\`${name}\` is already a stage ${owner == null ? 'in `dvc.yaml`' : `of \`${owner}\``}.`,
        next: `Call it \`${free}\`.`,
        cell,
        stage: name,
        fixes: [rename(name, free)]
      });
    }
  }
}

/** Cells that are no Python: their stage, or all below setup, are blocked (N18, N22g). */
export function checkSyntax(program: Program, problems: Problems): void {
  for (const cell of program.cells.filter(one => one.broken && one.role.role !== null && one.role.role !== 'exclude')) {
    const row = cell.parsed?.tree.errorRow ?? 0;
    const words =
      cell.role.role === 'stage'
        ? 'the stage waits until it can be read.'
        : 'the stages below wait until it can be read.';
    const at = {
      code: 'E_SYNTAX',
      message: `Cell ${cell.index + 1} is not valid Python; ${words}`,
      next: 'Correct the cell.',
      cell: cell.index,
      row
    };
    if (cell.role.stage !== null) {
      problems.add({ ...at, stage: cell.role.stage });
    } else {
      problems.add(at);
    }
    for (const stage of program.stages.values()) {
      if (stage.name !== cell.role.stage && touched(cell, stage.cells, [...stage.units])) {
        problems.blocked.add(stage.name);
      }
    }
  }
}

/** Might the broken cell bind something that a stage below uses? Setup may do anything. */
function touched(broken: Cell, cells: readonly Cell[], units: readonly Unit[]): boolean {
  if ((cells.at(-1)?.index ?? -1) < broken.index) {
    return false;
  }
  if (broken.role.role !== 'stage') {
    return true;
  }
  const words = new Set(broken.parsed?.tree.source.match(/[^\W\d]\w*/gu) ?? []);
  return units.some(unit => [...unit.facts.reads.keys(), ...unit.facts.deferred.keys()].some(name => words.has(name)));
}

/** Magics, dynamic code and calls that no stage can make. */
export function checkCells(program: Program, notebook: NotebookText, problems: Problems): void {
  for (const cell of program.cells) {
    const { role } = cell.role;
    if (role === null || role === 'exclude' || cell.parsed === null) {
      continue;
    }
    const stages = role === 'stage' ? [cell.role.stage ?? ''] : below(program, cell.index);
    magics(cell, stages, notebook, problems);
    for (const unit of cell.units) {
      effects(program, unit, stages, notebook, problems);
    }
  }
  for (const unit of program.units.filter(one => one.stage !== null && one.state && !one.effects.seed)) {
    stateInStage(program, unit, notebook, problems);
  }
}

function below(program: Program, index: number): string[] {
  return [...program.stages.values()]
    .filter(stage => (stage.cells.at(-1)?.index ?? -1) > index)
    .map(stage => stage.name);
}

function magics(cell: Cell, stages: readonly string[], notebook: NotebookText, problems: Problems): void {
  for (const note of cell.parsed?.notes ?? []) {
    const at = { cell: cell.index, row: note.line };
    if (note.kind === 'dropped' && note.lint) {
      problems.add({
        ...at,
        code: 'W_MAGIC_DROPPED',
        severity: 'hint',
        message: `\`${note.text}\` is not part of any stage.`,
        next: 'Install packages before the notebook runs.'
      });
    } else if (note.kind === 'unknown') {
      problems.add({
        ...at,
        code: 'W_UNKNOWN_READS',
        severity: 'warning',
        message: `What \`${note.text}\` reads is unknown: a change of it is not noticed.`,
        next: 'Write it in Python, or add its files to the stage.'
      });
    } else if (note.kind === 'refused') {
      const lines = (notebook.cells[cell.index]?.source ?? '').split('\n');
      lines.splice(note.line, 1);
      for (const stage of stages) {
        problems.add({
          ...at,
          code: 'E_MAGIC',
          message: note.message,
          next: note.next,
          stage,
          fixes: [
            {
              label: 'Remove the line',
              edits: [
                {
                  edit: 'source',
                  cell: cell.index,
                  id: notebook.cells[cell.index]?.id ?? null,
                  source: lines.join('\n')
                }
              ]
            }
          ]
        });
      }
    }
  }
}

function effects(
  program: Program,
  unit: Unit,
  stages: readonly string[],
  notebook: NotebookText,
  problems: Problems
): void {
  for (const { row, message, next } of unit.effects.refused) {
    stages.forEach(stage => problems.add({ code: 'E_REFUSED', message, next, cell: unit.cell, row, stage }));
  }
  if (unit.effects.dynamic) {
    problems.add({
      code: 'W_DYNAMIC',
      severity: 'hint',
      message:
        'Names cannot be told from this text, so all of setup above counts for its stages, and every value whose name stands in a string.',
      next: 'Import and name what you use.',
      cell: unit.cell,
      row: unit.node.row
    });
  }
  for (const { name, row } of unit.effects.environ.filter(one => !setsEnviron(program, unit, one.name))) {
    problems.add({
      code: 'W_ENVIRON',
      severity: 'warning',
      message: `The environment variable ${name === '*' ? 'that is read here' : `\`${name}\``} is an undeclared input.`,
      next: 'Make it a parameter.',
      cell: unit.cell,
      row
    });
  }
  if (unit.effects.chdir !== null && unit.stage !== null) {
    problems.add({
      code: 'E_CHDIR',
      message: '`os.chdir` in a stage changes what every later path means.',
      next: 'Move it to setup, or write paths relative to the notebook.',
      cell: unit.cell,
      row: unit.effects.chdir.row,
      stage: unit.stage,
      fixes: [moveToSetup(notebook, unit.cell, unit.node.row, unit.node.endRow)]
    });
  }
}

/** Has setup, or the stage itself, given the variable its value before? */
function setsEnviron(program: Program, unit: Unit, name: string): boolean {
  return program.units.some(
    one =>
      one.index <= unit.index &&
      (one.stage === null || one.stage === unit.stage) &&
      one.effects.environSet.includes(name)
  );
}

/** N17: a stage may set state for the later ones only with definitions and parameters, in a statement of its own. */
function stateInStage(program: Program, unit: Unit, notebook: NotebookText, problems: Problems): void {
  const simple = unit.node.type === 'expression_statement';
  if ((simple && !readsStage(program, unit)) || below(program, unit.cell).every(name => name === unit.stage)) {
    return;
  }
  problems.add({
    code: 'E_STATE_IN_STAGE',
    message: `This sets state for all later stages, but ${simple ? 'uses a value of a stage' : 'stands inside a larger statement'}.`,
    next: 'Move it to setup.',
    cell: unit.cell,
    row: unit.node.row,
    stage: unit.stage ?? '',
    fixes: [moveToSetup(notebook, unit.cell, unit.node.row, unit.node.endRow)]
  });
}
