import { DateValue } from '../value.js';
import type { Scalar } from '../value.js';

/** What a plain YAML scalar means; `merge` and `value` are the marks `<<` and `=`, which no constructor of DVC accepts as data. */
export type PlainKind = 'str' | 'null' | 'bool' | 'int' | 'float' | 'timestamp' | 'merge' | 'value';

const BOOL = /^(?:true|True|TRUE|false|False|FALSE)$/;
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const INT = /^(?=[-+0-9])(?:[-+]?0b[0-1_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+)$/;
const TIMESTAMP =
  /^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9][0-9])?))?)$/;

/** Kind of a plain scalar under the YAML 1.2 rules that DVC's reader applies (spec/dvc-pipelines.md §0). */
export function plainKind(text: string): PlainKind {
  const first = text.charCodeAt(0);
  // Most scalars of a lock file are words; only these first characters can start anything else.
  if (Number.isNaN(first)) return 'null';
  if ((first >= 48 && first <= 57) || first === 43 || first === 45 || first === 46) {
    if (FLOAT.test(text)) return 'float';
    if (INT.test(text)) return 'int';
    return TIMESTAMP.test(text) ? 'timestamp' : 'str';
  }
  switch (text) {
    case '~':
    case 'null':
    case 'Null':
    case 'NULL':
      return 'null';
    case '<<':
      return 'merge';
    case '=':
      return 'value';
    default:
      return BOOL.test(text) ? 'bool' : 'str';
  }
}

/** Value of a YAML integer: `1_000`, `0b1`, `0o17`, `0x1F`; a leading zero alone does not make it octal. */
export function parseYamlInt(text: string): bigint {
  const digits = text.replaceAll('_', '');
  const negative = digits.startsWith('-');
  const body = /^[-+]/.test(digits) ? digits.slice(1) : digits;
  if (!/[0-9a-fA-F]$/.test(body) || body === '') throw new SyntaxError(`'${text}' is not a number`);
  const size = BigInt(body);
  return negative ? -size : size;
}

/** Value of a YAML float, `.inf` and `.nan` included. */
export function parseYamlFloat(text: string): number {
  const digits = text.replaceAll('_', '').toLowerCase();
  const negative = digits.startsWith('-');
  const body = /^[-+]/.test(digits) ? digits.slice(1) : digits;
  const size = body === '.inf' ? Infinity : body === '.nan' ? NaN : Number(body);
  if (Number.isNaN(size) && body !== '.nan') throw new SyntaxError(`'${text}' is not a number`);
  return negative ? -size : size;
}

/** Value of a plain scalar. Throws SyntaxError for text that looks like a number and is none (`0b_`), and for `<<` and `=`. */
export function resolvePlain(text: string): Scalar {
  const kind = plainKind(text);
  if (kind === 'str') return text;
  if (kind === 'null') return null;
  if (kind === 'bool') return text.toLowerCase() === 'true';
  if (kind === 'int') return parseYamlInt(text);
  if (kind === 'float') return parseYamlFloat(text);
  if (kind === 'timestamp') return new DateValue(text);
  throw new SyntaxError(`a plain '${text}' has no value`);
}
