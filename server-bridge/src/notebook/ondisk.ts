/** What stands between a notebook and its files: hand edits, other owners, parameters that drifted (N5, N7–N10, N31, N32). */
import { pyEqual } from '../formats/params.js';
import { DateValue, type Scalar, type Value } from '../formats/value.js';
import type { Fix } from '../protocol/analysis.js';
import { md5Hex } from '../hash/md5.js';
import { analyse } from './analyse.js';
import { freeName } from './checks.js';
import type { Analysis, AnalysisContext, StageResult } from './context.js';
import { notebookExists, otherParams, recordedOnDisk, scriptOnDisk, type Folder } from './disk.js';
import { COMPILER, madeHash, madeOf, ownedPart, type Made } from './entry.js';
import { checkPointers } from './lfs.js';
import type { NotebookText } from './notebook.js';
import { pythonText, type ParamDrift } from './params.js';
import { Problems, rowsEdit, tagEdit } from './problems.js';
import { readScript, sameCode, type ReadScript } from './script.js';
import { namesIn, whatStands } from './whatstands.js';

export interface FolderOptions extends Pick<AnalysisContext, 'root' | 'read' | 'language' | 'accepts'> {
  /** Stages whose hand-edited entry or script the user gave up (N7, N10). */
  take?: ReadonlySet<string>;
  /** Stages whose hand-edited entry the user keeps. */
  keep?: ReadonlySet<string>;
  /** Parameters whose cell wins over a changed file (N32). */
  write?: ReadonlySet<string>;
}

export interface StageOnDisk {
  script: ReadScript | null;
  /** The owned part of the entry as it was made, null when there is no entry. */
  old: Made | null;
  /** The entry stays as the user has it. */
  keeps: boolean;
}

export interface FolderAnalysis {
  analysis: Analysis;
  disk: Map<string, StageOnDisk>;
}

/** `analyse` with everything that the notebook's folder says; still writes nothing. */
export function analyseInFolder(
  folder: Folder,
  notebook: NotebookText,
  notebookPath: string,
  options: FolderOptions
): FolderAnalysis {
  const others = otherParams(folder);
  // A key that another notebook of the folder mirrors was in the file before this one's first compile.
  const inherited = [...others].map(([key, { value }]): [Scalar, Value] => [key, value]);
  const analysis = analyse(notebook, {
    notebook: notebookPath,
    root: options.root,
    read: options.read,
    exists: options.root === null ? undefined : whatStands(options.root, folder),
    list: options.root === null ? undefined : namesIn(options.root),
    language: options.language,
    accepts: options.accepts,
    previous: stage => scriptOnDisk(folder, stage),
    taken: folder.taken,
    recorded: stage => recordedOnDisk(folder, stage),
    params: { file: folder.paramValues, mirrored: new Map([...inherited, ...folder.mirroredValues]) },
    otherParams: others
  });
  const problems = new Problems(notebookPath);
  const disk = new Map<string, StageOnDisk>();
  for (const result of analysis.stages) {
    disk.set(result.name, stageOnDisk(folder, result, options, problems));
  }
  checkPointers(folder, analysis, problems);
  owners(folder, notebook, analysis, problems);
  for (const drift of analysis.drifts) {
    const other = others.get(drift.param.key);
    if (other !== undefined && !pyEqual(other.value, drift.param.value)) {
      // With a key of its own it has nothing to settle with the file.
      sharedKey(drift, other.notebook, analysis, folder, problems);
    } else {
      drifted(drift, analysis, notebook, options, problems);
    }
  }
  for (const result of analysis.stages) {
    result.blocked = result.blocked || problems.blocked.has(result.name);
  }
  const own = new Set(analysis.stages.filter(result => result.blocked).map(result => result.name));
  for (const result of analysis.stages) {
    const more = result.needs.filter(need => own.has(need));
    result.blockedBy = [...new Set([...result.blockedBy, ...more])].sort();
  }
  analysis.problems = merged(analysis.problems, problems.list);
  return { analysis, disk };
}

/** A renamed or copied notebook compiles nothing until the user says what it is (N5). */
export function isDetached(problems: Analysis['problems']): boolean {
  return problems.some(problem => problem.code === 'E_NOTEBOOK_RENAMED' || problem.code === 'E_NOTEBOOK_DUPLICATE');
}

/** A stage name taken by a notebook that was renamed or copied is said once, for all its stages. */
function merged(first: Analysis['problems'], second: Analysis['problems']): Analysis['problems'] {
  const all = [...second, ...first];
  const noise = /^(E_STAGE_NAME_TAKEN|E_PARAM_CONFLICT|E_PARAM_SHARED|W_PARAM_FILE)$/;
  return isDetached(second) ? all.filter(problem => !noise.test(problem.code)) : all;
}

function stageOnDisk(folder: Folder, result: StageResult, options: FolderOptions, problems: Problems): StageOnDisk {
  const text = scriptOnDisk(folder, result.name);
  const body = result.script.slice(result.script.indexOf('\n') + 1);
  let script = text === null ? null : readScript(text, body);
  if (script?.state === 'edited' && madeFromRecorded(folder, result.name, script)) {
    script = { ...script, state: 'reformatted' };
  }
  const takes = options.take?.has(result.name) === true;
  const cell = result.cells[0] ?? null;
  const at = { cell, stage: result.name };
  if (script !== null && (script.state === 'edited' || script.state === 'foreign') && !takes) {
    problems.add({
      ...at,
      code: 'E_SCRIPT_EDITED',
      message: `The script of \`${result.name}\` was changed by hand; the notebook does not hold that change.`,
      next: 'Copy what you need into the notebook, then take the notebook’s.',
      path: inProject(folder, result.paths.script),
      fixes: [take(result.name)]
    });
  }
  const owned = folder.owned.get(result.name);
  if (owned === undefined) {
    return { script, old: null, keeps: false };
  }
  if (owned.meta.compiler > COMPILER) {
    problems.add({
      ...at,
      code: 'E_COMPILER_OLD',
      message: `The entry of \`${result.name}\` was made by a newer Cellar (compiler ${owned.meta.compiler}).`,
      next: 'Upgrade Cellar.',
      path: inProject(folder, 'dvc.yaml')
    });
  }
  const whole = ownedPart(owned.entry, null, folder.slug);
  const part =
    madeHash(whole) === owned.meta.made ? whole : ownedPart(owned.entry, script?.header ?? null, folder.slug);
  const mine = madeHash(part);
  const made = madeHash(madeOf(result));
  const edited = mine !== owned.meta.made && mine !== made;
  const kept = owned.meta.kept !== null && owned.meta.kept.mine === mine && owned.meta.kept.made === made;
  const keeps = edited && !takes && (kept || options.keep?.has(result.name) === true);
  if (edited && !keeps && !takes) {
    problems.add({
      ...at,
      code: 'E_ENTRY_EDITED',
      message: `The entry of \`${result.name}\` in \`dvc.yaml\` was edited by hand.`,
      next: 'Keep yours, or take the notebook’s.',
      path: inProject(folder, 'dvc.yaml'),
      fixes: [
        { label: 'Keep mine', action: { method: 'compile/keep', params: { stage: result.name } } },
        take(result.name)
      ]
    });
  }
  return { script, old: part, keeps };
}

function take(stage: string): Fix {
  return { label: 'Take the notebook’s', action: { method: 'compile/take', params: { stage } } };
}

function inProject(folder: Folder, path: string): string {
  return folder.path === '' ? path : `${folder.path}/${path}`;
}

/** The code of a reformatted script still equals what the last run recorded (N10). */
function madeFromRecorded(folder: Folder, stage: string, script: ReadScript): boolean {
  const recorded = recordedOnDisk(folder, stage);
  return recorded !== null && md5Hex(recorded.script) === script.header?.md5 && sameCode(recorded.script, script.body);
}

/** N5: a notebook that was renamed, moved or duplicated meets entries of its old name. */
function owners(folder: Folder, notebook: NotebookText, analysis: Analysis, problems: Problems): void {
  const stages = analysis.stages.filter(result => folder.taken.get(result.name) != null);
  const owner = stages.map(result => folder.taken.get(result.name)).find(name => name != null);
  if (owner == null || folder.owned.size > 0) {
    return;
  }
  const names = stages.filter(result => folder.taken.get(result.name) === owner);
  const lives = notebookExists(folder, owner);
  if (lives && names.length < analysis.stages.length) {
    return; // a notebook of its own, of which some stages want another name
  }
  const free: Fix = {
    label: 'Give its stages new names',
    edits: names.flatMap(result =>
      result.cells.map(cell => tagEdit(notebook, cell, 'stage', freeName(folder.notebook, result.name)))
    )
  };
  if (!lives) {
    problems.add({
      code: 'E_NOTEBOOK_RENAMED',
      message: `The stages of this notebook were compiled as \`${owner}\`, which is no longer there.`,
      next: 'If you renamed it, move its results to the new name; nothing runs.',
      cell: null,
      path: inProject(folder, folder.notebook),
      fixes: [
        { label: `Move the results of ${owner} here`, action: { method: 'notebook/adopt', params: { from: owner } } },
        free
      ]
    });
  } else {
    problems.add({
      code: 'E_NOTEBOOK_DUPLICATE',
      message: `This notebook has the same stages as \`${owner}\`, so it compiles nothing.`,
      next: 'Give its stages new names, or take them over.',
      cell: null,
      path: inProject(folder, folder.notebook),
      fixes: [
        free,
        { label: `Take them over from ${owner}`, action: { method: 'notebook/adopt', params: { from: owner } } }
      ]
    });
  }
  analysis.stages.forEach(result => problems.blocked.add(result.name));
}

/** N32: only the file changed → it is kept and said; both changed → the user is asked. */
function drifted(
  drift: ParamDrift,
  analysis: Analysis,
  notebook: NotebookText,
  options: FolderOptions,
  problems: Problems
): void {
  const { param, kind, file } = drift;
  if (kind === 'same' || kind === 'cell' || file === undefined || options.write?.has(param.name) === true) {
    return;
  }
  const { unit, name, key } = param;
  const shown = pythonText(file);
  const update: Fix = {
    label: `Write ${shown.length > 30 ? 'the file’s value' : shown} into the cell`,
    edits: [rowsEdit(notebook, unit.cell, unit.node.row, unit.node.endRow, `${name} = ${shown}`)]
  };
  const at = { cell: unit.cell, row: unit.node.row, path: 'params.yaml' };
  const write: Fix = {
    label: 'Write the cell’s value into the file',
    action: { method: 'params/write', params: { name } }
  };
  if (file instanceof DateValue) {
    for (const stage of stagesReading(analysis, key)) {
      problems.add({
        ...at,
        code: 'E_PARAM_DATE',
        message: `\`params.yaml\` holds the bare date ${file.text} for \`${key}\`, which neither DVC nor a stage can read.`,
        next: `Put it in quotes: \`${key}: '${file.text}'\`.`,
        stage,
        fixes: [write]
      });
    }
    return;
  }
  if (kind === 'file') {
    problems.add({
      ...at,
      code: 'W_PARAM_FILE',
      severity: 'hint',
      message: `\`params.yaml\` says ${shown} for \`${key}\`; the file wins.`,
      next: 'Update the cell.',
      fixes: [update]
    });
    return;
  }
  for (const stage of stagesReading(analysis, key)) {
    problems.add({
      ...at,
      code: 'E_PARAM_CONFLICT',
      message: `\`${name}\` is ${pythonText(param.value)} in the cell and ${shown} in \`params.yaml\`.`,
      next: 'Choose one of the two.',
      stage,
      fixes: [update, write]
    });
  }
}

/** Stages that read a key; one without a name where none does, so that the problem is told all the same. */
function stagesReading(analysis: Analysis, key: string): (string | undefined)[] {
  const names = analysis.stages.filter(result => result.params.includes(key)).map(result => result.name);
  return names.length > 0 ? names : [undefined];
}

/** N31: keys are flat, so two notebooks of a folder cannot hold one key with two values. */
function sharedKey(drift: ParamDrift, other: string, analysis: Analysis, folder: Folder, problems: Problems): void {
  const { unit, key } = drift.param;
  const prefix = folder.slug.replace(/^[^A-Za-z_]+/, '').replace(/[^A-Za-z0-9_-]/g, '_') || 'notebook';
  for (const stage of stagesReading(analysis, key)) {
    problems.add({
      code: 'E_PARAM_SHARED',
      message: `\`${key}\` is also a parameter of \`${other}\`, with another value.`,
      next: `Use a prefix, such as \`${prefix}\`.`,
      cell: unit.cell,
      row: unit.node.row,
      stage,
      fixes: [
        {
          label: `Use the prefix ${prefix}`,
          edits: [
            { edit: 'metadata', key: 'version', value: 1 },
            { edit: 'metadata', key: 'params_prefix', value: prefix }
          ]
        }
      ]
    });
  }
}
