/** Paths in the code: constants, f-strings, joins; a parameter stays a placeholder `${key}` (N23, N24). */
import { argumentsOf } from './calls.js';
import { braces, formatted, percent, plainText, type Known } from './format.js';
import { contentText, literalValue, stringValue } from './literals.js';
import { arithmetic } from './numbers.js';
import { calleeName, dotted } from './sharing.js';
import type { Py } from './tree.js';

export type { Known } from './format.js';

/** What a name stands for where a path is read: its possible values, null for unknown. */
export interface PathNames {
  look(name: string): readonly Known[] | null;
  /** Values of `object.name` for a module or a class of the project. */
  member(object: string, name: string): readonly Known[] | null;
  /** Values of one item of a constant list or dict. */
  item(object: string, key: Known): readonly Known[] | null;
  /** Key of the parameter that the name is, if it is one that can stand in a path. */
  param(name: string): string | null;
  /**
   * A parameter in a form that `dvc.yaml` cannot express (N24); `node` is the text that holds it. Gives the text that stands
   * for it until it turns out whether it is in a path.
   */
  refuse(node: Py, message: string): string;
}

/** Begins and ends what `refuse` gives; no path holds it. */
export const REFUSED = '\0';

const LIMIT = 64;

/** All texts that a path expression may have; null when they cannot be told. */
export function pathTexts(node: Py | undefined, names: PathNames): string[] | null {
  const values = pathValues(node, names);
  const texts = values?.filter(value => typeof value === 'string');
  return texts === undefined || texts.length !== values?.length ? null : texts;
}

/** All values that an expression in a path may have; null when they cannot be told. */
export function pathValues(node: Py | undefined, names: PathNames): readonly Known[] | null {
  if (node === undefined) {
    return null;
  }
  switch (node.type) {
    case 'string':
      return stringTexts(node, names);
    case 'integer':
    case 'float':
    case 'unary_operator': {
      const value = literalValue(node);
      return typeof value === 'bigint' || typeof value === 'number' ? [value] : null;
    }
    case 'concatenated_string':
      return combine(
        node.kids.map(kid => pathTexts(kid, names)),
        ''
      );
    case 'identifier': {
      const key = names.param(node.text);
      return key === null ? names.look(node.text) : [`\${${key}}`];
    }
    case 'parenthesized_expression':
      return pathValues(node.kids[0], names);
    case 'binary_operator':
      return operation(node, names);
    case 'conditional_expression': {
      const [yes, , no] = node.kids;
      const sides = [pathValues(yes, names), pathValues(no, names)];
      return sides.includes(null) ? null : sides.flatMap(side => side ?? []);
    }
    case 'attribute':
      return attributeValues(node, names);
    case 'subscript':
      return itemValues(node, names);
    case 'call':
      return callValues(node, names);
    default:
      return null;
  }
}

/** Is the value, or part of it, a parameter's? A literal `${` stands escaped in what is told here. */
function isParam(value: Known): value is string {
  return typeof value === 'string' && (/(^|[^\\])\$\{/.test(value) || value.includes(REFUSED));
}

function operation(node: Py, names: PathNames): readonly Known[] | null {
  const { operator } = node;
  const [left, right] = node.kids;
  if (operator === '%') {
    const done = modulo(left, right, names);
    if (done !== undefined) {
      return done;
    }
  }
  const sides = [pathValues(left, names), pathValues(right, names)];
  const [a, b] = sides;
  if (a == null || b == null) {
    return null;
  }
  const strings = [...a, ...b].every(value => typeof value === 'string');
  if (strings && (operator === '/' || operator === '+')) {
    return combine([a.map(String), b.map(String)], operator === '/' ? '/' : '');
  }
  const param = [...a, ...b].find(isParam);
  if (param !== undefined) {
    return refused(node, param, names);
  }
  const results = a.flatMap(x => b.map(y => arithmetic(operator, x, y)));
  return results.includes(null) || results.length > LIMIT ? null : results.filter(value => value !== null);
}

function refused(node: Py, param: string, names: PathNames): string[] {
  const name = /\$\{([^}]*)\}/.exec(param)?.[1] ?? param;
  const message = `The parameter \`${name}\` stands in a path with a format or arithmetic, which \`dvc.yaml\` cannot express.`;
  return [param.includes(REFUSED) ? param : names.refuse(node, message)];
}

/** `"%04d" % year`; undefined where the left side is no text. */
function modulo(left: Py | undefined, right: Py | undefined, names: PathNames): string[] | null | undefined {
  const template = pathValues(left, names);
  if (template === null || !template.every(value => typeof value === 'string')) {
    return template === null ? null : undefined;
  }
  const parts = right?.type === 'tuple' ? right.kids : right === undefined ? [] : [right];
  return filled(right, template, parts, names, percent);
}

/** Fills templates with each combination of the values of `parts`. */
function filled(
  node: Py | undefined,
  templates: readonly Known[],
  parts: readonly Py[],
  names: PathNames,
  fill: (template: string, values: readonly Known[]) => string | null
): string[] | null {
  const rows = combinations(parts.map(part => pathValues(part, names)));
  if (rows === null || rows.length * templates.length > LIMIT) {
    return null;
  }
  const param = rows.flat().find(isParam);
  if (param !== undefined && node !== undefined) {
    return refused(node, param, names);
  }
  const texts = templates.flatMap(template => rows.map(row => fill(String(template), row)));
  return texts.includes(null) ? null : texts.filter(text => text !== null);
}

function combinations(parts: (readonly Known[] | null)[]): Known[][] | null {
  let rows: Known[][] = [[]];
  for (const part of parts) {
    if (part === null || rows.length * part.length > LIMIT) {
      return null;
    }
    rows = rows.flatMap(row => part.map(value => [...row, value]));
  }
  return rows;
}

function stringTexts(node: Py, names: PathNames): string[] | null {
  const plain = stringValue(node);
  if (plain !== undefined) {
    return [plain.replace(/\$\{/g, '\\${')];
  }
  const parts = node.kids.filter(kid => kid.type === 'string_content' || kid.type === 'interpolation');
  if (/b/i.test(node.kids[0]?.text ?? '')) {
    return null;
  }
  return combine(
    parts.map(part =>
      part.type === 'string_content' ? [contentText(node, part).replace(/\$\{/g, '\\${')] : interpolation(part, names)
    ),
    ''
  );
}

function interpolation(part: Py, names: PathNames): string[] | null {
  const value = part.get('expression');
  const spec = part.kids.find(kid => kid.type === 'format_specifier');
  const conversion = part.kids.find(kid => kid.type === 'type_conversion');
  const formats = spec !== undefined || conversion !== undefined;
  const param =
    value === undefined
      ? undefined
      : [...value.walk()].find(kid => kid.type === 'identifier' && names.param(kid.text) !== null);
  if (value !== undefined && param !== undefined && (value.type !== 'identifier' || formats)) {
    return refused(part, `\${${param.text}}`, names);
  }
  const values = pathValues(value, names);
  if (values === null || (conversion !== undefined && conversion.text !== '!s')) {
    return null;
  }
  if (spec !== undefined && (spec.kids.length > 0 || values.some(isParam))) {
    return null;
  }
  const how = spec?.text.replace(/^:/, '') ?? '';
  const texts = values.map(one =>
    spec === undefined ? plainText(one) : formatted(conversion === undefined ? one : plainText(one), how)
  );
  return texts.includes(null) ? null : texts.filter(text => text !== null);
}

function attributeValues(node: Py, names: PathNames): readonly Known[] | null {
  const object = node.get('object');
  const attribute = node.get('attribute')?.text ?? '';
  const path = dotted(object);
  const held = path === '' ? null : names.member(path, attribute);
  if (held !== null) {
    return held;
  }
  const base = pathTexts(object, names);
  if (base === null || base.some(isParam)) {
    return null;
  }
  switch (attribute) {
    case 'parent':
      return base.map(parentOf);
    case 'name':
      return base.map(text => text.slice(text.lastIndexOf('/') + 1));
    case 'stem':
      return base.map(text => text.slice(text.lastIndexOf('/') + 1).replace(/(.)\.[^.]*$/, '$1'));
    case 'suffix':
      return base.map(text => /.(\.[^./]*)$/.exec(text)?.[1] ?? '');
    default:
      return null;
  }
}

function parentOf(text: string): string {
  if (text === '.' || /(^|\/)\.\.$/.test(text)) {
    return text === '.' ? '..' : `${text}/..`;
  }
  return text.includes('/') ? text.slice(0, text.lastIndexOf('/')) || '/' : '.';
}

/** An item of a constant list or dict, or `path.parents[1]`. */
function itemValues(node: Py, names: PathNames): readonly Known[] | null {
  const object = node.get('value');
  const keys = pathValues(node.get('subscript'), names);
  const [key] = keys ?? [];
  if (object === undefined || key === undefined || keys?.length !== 1) {
    return null;
  }
  if (object.type === 'attribute' && object.get('attribute')?.text === 'parents' && typeof key === 'bigint') {
    const base = pathTexts(object.get('object'), names);
    const ups = Array.from({ length: Math.min(Number(key) + 1, 20) });
    return base === null || base.some(isParam) ? null : base.map(text => ups.reduce<string>(parentOf, text));
  }
  const path = dotted(object);
  return path === '' ? null : names.item(path, key);
}

const WRAPPERS = new Set([
  'Path',
  'PurePath',
  'PosixPath',
  'PurePosixPath',
  'join',
  'fspath',
  'fsdecode',
  'normpath',
  'abspath',
  'realpath',
  'joinpath'
]);

function callValues(node: Py, names: PathNames): readonly Known[] | null {
  const name = calleeName(node);
  const callee = node.get('function');
  const args = argumentsOf(node);
  const object = callee?.type === 'attribute' ? callee.get('object') : undefined;
  const module = /^(pathlib|os|os\.path|posixpath|path)$/.test(dotted(object));
  if (object !== undefined && !module) {
    return methodTexts(node, name, object, args, names);
  }
  if (name === 'Path' && args.length === 0) {
    return ['.'];
  }
  if ((name === 'str' || name === 'int') && args.length === 1) {
    const values = pathValues(args[0], names);
    return name === 'str'
      ? (values?.map(plainText) ?? null)
      : values?.every(value => typeof value === 'bigint')
        ? values
        : null;
  }
  const texts = WRAPPERS.has(name) || name === 'dirname' ? args.map(arg => pathTexts(arg, names)) : [];
  if (name === 'dirname') {
    return texts[0]?.map(text => (isParam(text) ? text : parentOf(text))) ?? null;
  }
  return texts.length > 0 ? combine(texts, '/') : null;
}

const SAME = new Set(['resolve', 'absolute', 'as_posix', 'expanduser', 'strip', '__str__']);
const CHANGES = new Map<string, (text: string) => string>([
  ['lower', text => text.toLowerCase()],
  ['upper', text => text.toUpperCase()]
]);

function methodTexts(node: Py, name: string, object: Py, args: Py[], names: PathNames): string[] | null {
  if (dotted(object) === 'Path' && name === 'cwd') {
    return ['.'];
  }
  const base = pathTexts(object, names);
  if (base === null) {
    return null;
  }
  if (name === 'joinpath') {
    return combine([base, ...args.map(arg => pathTexts(arg, names))], '/');
  }
  if (name === 'format') {
    return braceTexts(node, base, args, names);
  }
  if (SAME.has(name)) {
    return base;
  }
  const change = CHANGES.get(name);
  if (change !== undefined && args.length === 0) {
    return base.some(isParam) ? null : base.map(change);
  }
  const other = args.map(arg => pathTexts(arg, names));
  const [first] = other;
  if (
    first == null ||
    other.includes(null) ||
    [...base, ...other.flat()].some(text => text === null || isParam(text))
  ) {
    return null;
  }
  switch (name) {
    case 'with_suffix':
      return base.flatMap(text => first.map(suffix => text.replace(/(?<=[^/])\.[^./]*$/, '') + suffix));
    case 'with_name':
      return base.flatMap(text => first.map(file => text.slice(0, text.lastIndexOf('/') + 1) + file));
    case 'replace': {
      const [to] = other[1] ?? [];
      return to === undefined ? null : base.flatMap(text => first.map(from => text.replaceAll(from, to)));
    }
    default:
      return null;
  }
}

/** `"{:03d}_{name}".format(n, name=x)`. */
function braceTexts(node: Py, base: readonly string[], args: readonly Py[], names: PathNames): string[] | null {
  const named = args.filter(arg => arg.type === 'keyword_argument');
  const plain = args.filter(arg => arg.type !== 'keyword_argument');
  const keys = named.map(arg => arg.get('name')?.text ?? '');
  const parts = [...plain, ...named.flatMap(arg => arg.all('value'))];
  const fill = (template: string, row: readonly Known[]): string | null =>
    template.includes('\\${')
      ? null
      : braces(
          template,
          row.slice(0, plain.length),
          new Map(keys.map((key, at) => [key, row[plain.length + at] ?? '']))
        );
  // In fields without a format a parameter stays a placeholder.
  const formats = base.some(text => /\{[^{}]*[:!]/.test(text.replaceAll('{{', '')));
  return filled(formats ? node : undefined, base, parts, names, fill);
}

function combine(parts: (readonly string[] | null)[], separator: '' | '/'): string[] | null {
  let texts: string[] = [''];
  for (const [index, part] of parts.entries()) {
    if (part === null) {
      return null;
    }
    texts = texts.flatMap(text =>
      part.map(more => (index === 0 ? more : separator === '' ? text + more : joinPath(text, more)))
    );
    if (texts.length > LIMIT) {
      return null;
    }
  }
  return texts;
}

function joinPath(left: string, right: string): string {
  return right.startsWith('/') ? right : left === '' || left.endsWith('/') ? left + right : `${left}/${right}`;
}
