/** Parameters of the params cells and their mirror in `params.yaml` (N31, N32). */
import { pyEqual } from '../formats/params.js';
import { pythonFloat } from '../formats/pythonjson.js';
import { DateValue, isList, isMapping, type Value, type ValueMap } from '../formats/value.js';
import type { ParamType } from '../protocol/script.js';
import { literalValue } from './python/literals.js';
import { cellName, rowsEdit, type Problems } from './problems.js';
import type { NotebookText } from './notebook.js';
import type { Program, Unit } from './program.js';

export interface Param {
  name: string;
  key: string;
  type: ParamType;
  value: Value;
  unit: Unit;
}

/** Key of a parameter in `params.yaml`; the prefix is never inferred. */
export function paramKey(prefix: string, name: string): string {
  return prefix === '' ? name : /[_-]$/.test(prefix) ? `${prefix}${name}` : `${prefix}_${name}`;
}

export function typeOf(value: Value): ParamType | null {
  if (value === null) return 'none';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'string') return 'str';
  if (isList(value)) return 'list';
  return isMapping(value) ? 'dict' : null;
}

/** All parameters of the notebook by name; doubles are problems. */
export function findParams(program: Program, problems: Problems, notebook: NotebookText): Map<string, Param> {
  const params = new Map<string, Param>();
  for (const unit of program.units.filter(one => one.param)) {
    const assignment = unit.node.kids[0];
    const name = assignment?.get('left')?.text ?? '';
    const right = assignment?.get('right');
    const value = right === undefined ? undefined : literalValue(right);
    const type = value === undefined ? null : typeOf(value);
    const before = params.get(name);
    if (before !== undefined) {
      problems.add({
        code: 'E_PARAM_TWICE',
        message: `The parameter \`${name}\` is also set in ${cellName(before.unit.cell)}.`,
        next: 'Keep one of the two lines.',
        cell: unit.cell,
        row: unit.node.row,
        fixes: [
          { label: 'Remove this line', edits: [rowsEdit(notebook, unit.cell, unit.node.row, unit.node.endRow, null)] }
        ]
      });
    } else if (value !== undefined && type !== null) {
      params.set(name, { name, key: paramKey(program.prefix, name), type, value, unit });
      breaking(name, value, unit, problems);
    }
  }
  return params;
}

/** Values that break DVC's templating or `-S`, and names that `-S` cannot address (N33). */
function breaking(name: string, value: Value, unit: Unit, problems: Problems): void {
  if (!/^[\x20-\x7e]+$/.test(name)) {
    problems.add({
      code: 'W_PARAM_NAME',
      severity: 'hint',
      message: `\`dvc exp run -S\` cannot set \`${name}\`: it reads ASCII names alone.`,
      next: 'Name the parameter with the letters a to z, digits and `_`.',
      cell: unit.cell,
      row: unit.node.row
    });
  }
  if (typeof value === 'string' && /\$\{|^\?\?\?$/.test(value)) {
    problems.add({
      code: 'W_PARAM_VALUE',
      severity: 'warning',
      message: `The value of \`${name}\` holds \`\${\` or \`???\`, which \`dvc exp run -S\` reads as its own syntax.`,
      next: 'Write the value in another way.',
      cell: unit.cell,
      row: unit.node.row
    });
  }
}

export type Drift = 'same' | 'cell' | 'file' | 'both';

/**
 * Who changed a parameter since it was last mirrored (N32). `mirrored` and `file` are undefined where there is no value.
 */
export function drift(cell: Value, file: Value | undefined, mirrored: Value | undefined): Drift {
  if (file === undefined) {
    return 'cell';
  }
  if (reads(cell, file)) {
    return 'same';
  }
  if (mirrored === undefined) {
    return 'both';
  }
  const cellMoved = !(pyEqual(cell, mirrored) && typeOf(cell) === typeOf(mirrored));
  const fileMoved = !reads(mirrored, file);
  return cellMoved && fileMoved ? 'both' : cellMoved ? 'cell' : 'file';
}

/** Would the runner read `file` as `wanted`? An integer is read as a float where a float is wanted (N31). */
function reads(wanted: Value, file: Value): boolean {
  const types = [typeOf(wanted), typeOf(file)];
  return pyEqual(wanted, file) && (types[0] === types[1] || (types[0] === 'float' && types[1] === 'int'));
}

export interface ParamDrift {
  param: Param;
  kind: Drift;
  file: Value | undefined;
}

export function paramDrifts(params: Iterable<Param>, file: ValueMap, mirrored: ValueMap): ParamDrift[] {
  return [...params].map(param => {
    const value = file.get(param.key);
    return { param, kind: drift(param.value, value, mirrored.get(param.key)), file: value };
  });
}

/** A value as Python would write it in a cell. */
export function pythonText(value: Value): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return `float("${Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf'}")`;
    return pythonFloat(value);
  }
  if (typeof value === 'string') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(pythonText).join(', ')}]`;
  if (isMapping(value))
    return `{${[...value].map(([key, item]) => `${pythonText(key)}: ${pythonText(item)}`).join(', ')}}`;
  return JSON.stringify(value instanceof DateValue ? value.text : value.text);
}
