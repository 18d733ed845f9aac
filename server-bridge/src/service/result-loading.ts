import { dirname, join } from 'node:path';
import { pythonJson } from '../formats/pythonjson.js';
import type { Value } from '../formats/value.js';
import { closeSync, isErrno, openSync, readSync, statSync } from '../io/files.js';
import type { Analysis, StageResult } from '../notebook/context.js';
import { readProgram, type Program, type Unit } from '../notebook/program.js';
import { travels } from '../notebook/selection.js';
import type { LoadPlan, NotebookView } from '../protocol/wire.js';
import { paramValues } from './live-stages.js';
import type { OpenNotebook } from './open-notebook.js';
import { shippedRunner } from './shipped.js';

interface Wanted {
  name: string;
  stage: string;
  /** Relative to the notebook's folder. */
  path: string;
}

/**
 * What brings a live kernel to the state before the stage of `cell`, or after the nearest stage above an untagged cell
 * (N59): setup's definitions, the parameters, and the recorded variables of fresh stages. What is not fresh is named and
 * stands in the kernel as a placeholder that says so.
 */
export async function loadPlan(notebook: OpenNotebook, cell: number): Promise<LoadPlan> {
  const { document } = notebook;
  const analysis = await notebook.analysis();
  const view = await notebook.view();
  const folder = dirname(document.abs);
  const limit = limitOf(analysis, cell);
  const above = stagesAbove(analysis, cell);
  const program = readProgram({ cells: document.cells, metadata: document.metadata });
  const variables: LoadPlan['variables'] = [];
  const missing: LoadPlan['missing'] = [];
  const present: Wanted[] = [];
  for (const wanted of newest(above).filter(each => !isCode(program, each.name, limit))) {
    const reason = whyNot(view, wanted, folder) ?? changedSince(above, wanted);
    if (reason === null) {
      present.push(wanted);
      variables.push({ name: wanted.name, stage: wanted.stage, ...facts(join(folder, wanted.path)) });
    } else {
      missing.push({ name: wanted.name, stage: wanted.stage, reason });
    }
  }
  const setup = program.units.filter(unit => unit.cell < limit && isSetup(program, unit));
  const spec = new Map<string, Value>([
    ['folder', folder],
    ['setup', setup.map(unit => `${unit.node.text}\n`).join('')],
    ['params', new Map(paramValues(analysis).map(({ name, value }) => [name, value]))],
    ['variables', present.map(each => new Map(Object.entries(each)))],
    ['placeholders', missing.map(each => new Map(Object.entries(each)))]
  ]);
  return {
    code: kernelCode(pythonJson(spec, { sortKeys: false })),
    variables,
    missing,
    stages: above.map(each => each.name)
  };
}

/** Stages whose results the kernel is to have, in notebook order. */
function stagesAbove(analysis: Analysis, cell: number): StageResult[] {
  const limit = limitOf(analysis, cell);
  const own = analysis.cells[cell]?.stage ?? null;
  return analysis.stages.filter(stage => stage.name !== own && (stage.cells[0] ?? Infinity) < limit);
}

/** Cells above this one count: the first cell of the stage that was asked about, or the cell itself. */
function limitOf(analysis: Analysis, cell: number): number {
  const own = analysis.cells[cell]?.stage ?? null;
  return analysis.stages.find(stage => stage.name === own)?.cells[0] ?? cell;
}

/** Of each name the value that the last of these stages makes. */
function newest(stages: readonly StageResult[]): Wanted[] {
  const found = new Map<string, Wanted>();
  for (const stage of stages) {
    for (const [name, path] of Object.entries(stage.header.vars_out)) {
      found.set(name, { name, stage: stage.name, path });
    }
  }
  return [...found.values()];
}

function whyNot(view: NotebookView, wanted: Wanted, folder: string): string | null {
  const stage = view.stages.find(each => each.name === wanted.stage);
  if (stage?.state !== 'fresh') {
    return `stage ${wanted.stage} is ${stage?.state ?? 'unknown'}`;
  }
  return statSync(join(folder, wanted.path)) === null ? 'its file is missing' : null;
}

/** A later stage that changed the value and does not keep it, because nobody read it below when it was compiled (N9a). */
function changedSince(above: readonly StageResult[], { name, stage }: Wanted): string | null {
  const last = above.findLast(each => each.makes.includes(name))?.name ?? stage;
  return last === stage ? null : `stage ${last} changes it and does not keep it`;
}

/** Size, and the format by the first bytes, as the runner tells them apart (N39). */
function facts(path: string): { bytes: number; format: string; pickle: boolean } {
  const head = Buffer.alloc(8);
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      return { bytes: 0, format: 'missing', pickle: false };
    }
    throw error;
  }
  try {
    readSync(fd, head, 0, 8, 0);
  } finally {
    closeSync(fd);
  }
  const text = head.toString('latin1');
  const format = text.startsWith('PAR1')
    ? 'parquet'
    : text.startsWith('\x93NUMPY')
      ? 'npy'
      : text.startsWith('PK')
        ? 'npz'
        : text.startsWith('\x80')
          ? 'pickle'
          : 'json';
  return { bytes: Number(statSync(path)?.size ?? 0n), format, pickle: format === 'pickle' };
}

/** Travels as code (N3, N13): setup whole; imports, functions, classes and constants of the other cells. */
function isSetup(program: Program, unit: Unit): boolean {
  return !unit.param && (unit.stage === null || travels(program, unit));
}

/** Is the newest value of `name` above cell `limit` one that travels as code? Then no recorded one may replace it. */
function isCode(program: Program, name: string, limit: number): boolean {
  const above = program.bindings.get(name)?.findLast(binding => binding.unit.cell < limit);
  return above !== undefined && isSetup(program, above.unit);
}

/** The kernel gets the shipped runner (N47) in a module of its own; of all this only the summary's name stays behind. */
function kernelCode(spec: string): string {
  const pack = (text: string): string => JSON.stringify(Buffer.from(text, 'utf8').toString('base64'));
  return `def __cellar_load__(namespace):
    import base64, json, types
    runner = types.ModuleType("cellar_runner")
    text = lambda packed: base64.b64decode(packed).decode("utf-8")
    exec(compile(text(${pack(shippedRunner())}), "<cellar run.py>", "exec"), runner.__dict__)
    return json.dumps(runner.load_results(namespace, json.loads(text(${pack(spec)}))))
__cellar_loaded__ = __cellar_load__(globals())
del __cellar_load__
`;
}
