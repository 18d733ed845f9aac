/** Paths in the code: constants, f-strings, joins; a parameter stays a placeholder `${key}` (N23, N24). */
import { argumentsOf } from './calls.js';
import { contentText, stringValue } from './literals.js';
import { calleeName, dotted } from './sharing.js';
import type { Py } from './tree.js';

/** What a name stands for where a path is read: its possible texts, null for unknown. */
export interface PathNames {
  look(name: string): string[] | null;
  /** Key of the parameter that the name is, if it is one that can stand in a path. */
  param(name: string): string | null;
  /** A parameter in a form that `dvc.yaml` cannot express (N24). */
  refuse(row: number, message: string): void;
}

const LIMIT = 64;

/** All texts that a path expression may have; null when they cannot be told. */
export function pathTexts(node: Py | undefined, names: PathNames): string[] | null {
  if (node === undefined) {
    return null;
  }
  switch (node.type) {
    case 'string':
      return stringTexts(node, names);
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
      return pathTexts(node.kids[0], names);
    case 'binary_operator': {
      const parts = node.kids.map(kid => pathTexts(kid, names));
      return node.operator === '/' ? joined(parts) : node.operator === '+' ? combine(parts, '') : null;
    }
    case 'conditional_expression': {
      const [yes, , no] = node.kids;
      const sides = [pathTexts(yes, names), pathTexts(no, names)];
      return sides.includes(null) ? null : sides.flatMap(side => side ?? []);
    }
    case 'attribute':
      return attributeTexts(node, names);
    case 'call':
      return callTexts(node, names);
    default:
      return null;
  }
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
  const formatted = part.kids.some(kid => kid.type === 'format_specifier' || kid.type === 'type_conversion');
  const params =
    value === undefined
      ? []
      : [...value.walk()].filter(kid => kid.type === 'identifier' && names.param(kid.text) !== null);
  const plain = value?.type === 'identifier' && !formatted;
  if (params.length > 0 && !plain) {
    const name = params[0]?.text ?? '';
    names.refuse(
      part.row,
      `The parameter \`${name}\` stands in a path with a format or arithmetic, which \`dvc.yaml\` cannot express.`
    );
    return null;
  }
  return formatted ? null : pathTexts(value, names);
}

function attributeTexts(node: Py, names: PathNames): string[] | null {
  const base = pathTexts(node.get('object'), names);
  if (base === null || base.some(text => text.includes('${'))) {
    return null;
  }
  switch (node.get('attribute')?.text) {
    case 'parent':
      return base.map(text => (text.includes('/') ? text.slice(0, text.lastIndexOf('/')) : '.'));
    case 'name':
      return base.map(text => text.slice(text.lastIndexOf('/') + 1));
    case 'stem':
      return base.map(text => text.slice(text.lastIndexOf('/') + 1).replace(/(.)\.[^.]*$/, '$1'));
    default:
      return null;
  }
}

const WRAPPERS = new Set([
  'str',
  'Path',
  'PurePath',
  'PosixPath',
  'PurePosixPath',
  'join',
  'fspath',
  'fsdecode',
  'normpath',
  'joinpath'
]);

function callTexts(node: Py, names: PathNames): string[] | null {
  const name = calleeName(node);
  const callee = node.get('function');
  const args = argumentsOf(node);
  const object = callee?.type === 'attribute' ? callee.get('object') : undefined;
  const module = /^(pathlib|os|os\.path|posixpath|path)$/.test(dotted(object));
  if (object !== undefined && !module) {
    return methodTexts(name, object, args, names);
  }
  if (name === 'Path' && args.length === 0) {
    return ['.'];
  }
  return WRAPPERS.has(name) && args.length > 0 ? joined(args.map(arg => pathTexts(arg, names))) : null;
}

function methodTexts(name: string, object: Py, args: Py[], names: PathNames): string[] | null {
  if (dotted(object) === 'Path' && name === 'cwd') {
    return ['.'];
  }
  const base = pathTexts(object, names);
  if (base === null) {
    return null;
  }
  if (name === 'joinpath') {
    return joined([base, ...args.map(arg => pathTexts(arg, names))]);
  }
  if (['resolve', 'absolute', 'as_posix', 'expanduser', 'strip', '__str__'].includes(name)) {
    return base;
  }
  const other = pathTexts(args[0], names);
  if (other === null || [...base, ...other].some(text => text.includes('${'))) {
    return null;
  }
  if (name === 'with_suffix') {
    return base.flatMap(text => other.map(suffix => text.replace(/(?<=[^/])\.[^./]*$/, '') + suffix));
  }
  if (name === 'with_name') {
    return base.flatMap(text => other.map(file => text.slice(0, text.lastIndexOf('/') + 1) + file));
  }
  return null;
}

function joined(parts: (string[] | null)[]): string[] | null {
  return combine(parts, '/');
}

function combine(parts: (string[] | null)[], separator: '' | '/'): string[] | null {
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
