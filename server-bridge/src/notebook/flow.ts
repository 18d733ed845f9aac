/** Checks between stages as a graph: cycles, two makers of one file, readers above writers, overlaps (N25, N29). */
import type { StageResult } from './context.js';
import { freshName } from './crossing.js';
import { holds } from './listed.js';
import type { NotebookText } from './notebook.js';
import type { StagePlan } from './plan.js';
import { cellName, moveEdit, tagEdit, type Problems } from './problems.js';

export function checkFlow(
  results: readonly StageResult[],
  plans: ReadonlyMap<string, StagePlan>,
  notebook: NotebookText,
  problems: Problems
): void {
  const makers = new Map<string, StageResult>();
  for (const result of results) {
    for (const file of result.outputs.filter(one => one.kind === 'file' && !one.excluded)) {
      const other = makers.get(file.name);
      if (other === undefined) {
        makers.set(file.name, result);
        continue;
      }
      problems.add({
        code: 'E_TWO_MAKERS',
        message: `\`${file.name}\` is written by \`${other.name}\` and by \`${result.name}\`.`,
        next: 'Write it under another name, or merge the two stages.',
        cell: file.cell,
        row: (file.line ?? 1) - 1,
        stage: result.name,
        path: file.name,
        fixes: [
          {
            label: `Merge ${result.name} into ${other.name}`,
            edits: result.cells.map(cell => tagEdit(notebook, cell, 'stage', other.name))
          }
        ]
      });
    }
  }
  overlaps(results, makers, problems);
  for (const result of results) {
    readers(result, makers, notebook, problems);
  }
  cycles(results, plans, notebook, problems);
}

function readers(
  result: StageResult,
  makers: ReadonlyMap<string, StageResult>,
  notebook: NotebookText,
  problems: Problems
): void {
  for (const file of result.inputs.filter(one => one.kind === 'file' && !one.excluded)) {
    for (const [path, maker] of makers) {
      if (maker === result || !(path === file.name || inside(path, file.name) || inside(file.name, path))) {
        continue;
      }
      result.needs = [...new Set([...result.needs, maker.name])].sort();
      const written = maker.outputs.find(one => one.name === path);
      if (file.cell !== null && written?.cell != null && written.cell > file.cell) {
        problems.add({
          code: 'E_READ_ABOVE_WRITE',
          message: `\`${file.name}\` is read here, but \`${maker.name}\` writes it only further down, in ${cellName(written.cell)}.`,
          next: `Move ${cellName(written.cell)} up.`,
          cell: file.cell,
          row: (file.line ?? 1) - 1,
          stage: result.name,
          path: file.name,
          fixes: [
            { label: `Move ${cellName(written.cell)} above`, edits: [moveEdit(notebook, written.cell, file.cell)] }
          ]
        });
      }
    }
  }
}

/** A path and one inside it cannot both be outs; a stage cannot depend on a folder that it writes into. */
function overlaps(results: readonly StageResult[], makers: ReadonlyMap<string, StageResult>, problems: Problems): void {
  for (const result of results) {
    for (const out of result.outputs.filter(one => one.kind === 'file' && !one.excluded)) {
      const at = { cell: out.cell, row: (out.line ?? 1) - 1, stage: result.name, path: out.name };
      for (const [path, maker] of makers) {
        if (inside(out.name, path)) {
          problems.add({
            ...at,
            code: 'E_OUT_INSIDE_OUT',
            message: `\`${out.name}\` lies inside \`${path}\`, an out of \`${maker.name}\`.`,
            next: 'Write it into another folder.'
          });
        }
      }
      const dep = result.inputs.find(one => one.kind === 'file' && !one.excluded && holds(one.name, out.name));
      if (dep !== undefined) {
        // The stage is blocked; as a dep the folder would be a circle, for which no other stage could run.
        result.deps = result.deps.filter(path => path !== dep.name);
        problems.add({
          ...at,
          code: 'E_DEP_HOLDS_OUT',
          message: `\`${result.name}\` reads the folder \`${dep.name}\` and writes \`${out.name}\` into it.`,
          next: 'Write it into another folder.'
        });
      }
    }
  }
}

function inside(path: string, folder: string): boolean {
  return path !== folder && (folder === '.' ? !path.startsWith('../') : path.startsWith(`${folder}/`));
}

function cycles(
  results: readonly StageResult[],
  plans: ReadonlyMap<string, StagePlan>,
  notebook: NotebookText,
  problems: Problems
): void {
  const byName = new Map(results.map(result => [result.name, result]));
  const done = new Set<string>();
  const visit = (name: string, path: string[]): void => {
    const from = path.indexOf(name);
    if (from >= 0) {
      report(path.slice(from), byName, plans, notebook, problems);
      return;
    }
    if (done.has(name)) {
      return;
    }
    byName.get(name)?.needs.forEach(need => visit(need, [...path, name]));
    done.add(name);
  };
  results.forEach(result => visit(result.name, []));
}

/** A folder stands for what lies in it. */
function meet(left: string, right: string): boolean {
  return left === right || left.startsWith(`${right}/`) || right.startsWith(`${left}/`);
}

function report(
  names: string[],
  byName: ReadonlyMap<string, StageResult>,
  plans: ReadonlyMap<string, StagePlan>,
  notebook: NotebookText,
  problems: Problems
): void {
  const words = names.map((name, index) => {
    const need = names[(index + 1) % names.length] ?? name;
    const result = byName.get(name);
    const variable = result?.inputs.find(one => one.kind === 'variable' && one.how === need);
    const file = result?.inputs.find(
      one => one.kind === 'file' && byName.get(need)?.outputs.some(out => meet(out.name, one.name))
    );
    const what = variable ?? file;
    return `\`${name}\` needs \`${what?.name ?? ''}\` of \`${need}\`${what?.cell == null ? '' : ` (${cellName(what.cell)})`}`;
  });
  const first = names[0] ?? '';
  const program = plans.get(first);
  const last =
    [...names].sort((a, b) => (byName.get(b)?.cells.at(-1) ?? 0) - (byName.get(a)?.cells.at(-1) ?? 0))[0] ?? first;
  const cells = byName.get(last)?.cells ?? [];
  const cell = cells.at(-1) ?? null;
  const stages = new Map([...plans].map(([name, plan]) => [name, plan.stage]));
  const free = program === undefined ? `${last}-2` : freshName({ stages }, `${last}-2`);
  names.forEach(name => problems.blocked.add(name));
  problems.add({
    code: 'E_CYCLE',
    message: `The stages form a circle: ${words.join('; ')}.`,
    next: `Make the last cell of \`${last}\` a stage of its own.`,
    cell,
    stage: last,
    fixes:
      cell === null || cells.length < 2
        ? []
        : [{ label: `Make ${cellName(cell)} ${free}`, edits: [tagEdit(notebook, cell, 'stage', free)] }]
  });
}
