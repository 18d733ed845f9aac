/** Python's format specs for the values that paths hold: integers, floats and strings (N24). */
import { pythonFloat } from '../../formats/pythonjson.js';

/** A value that the text tells: a string (also a path), an integer, a float. */
export type Known = string | bigint | number;

/** `str(value)`. */
export function plainText(value: Known): string {
  return typeof value === 'number' ? pythonFloat(value) : String(value);
}

const SPEC = /^(?:(.)?([<>=^]))?([+\- ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-zA-Z%])?$/u;

/** `format(value, spec)`; null where the spec or the value is one that we do not format. */
export function formatted(value: Known, spec: string): string | null {
  const match = SPEC.exec(spec);
  if (match === null || match[4] !== undefined) {
    return null;
  }
  const [, fill, align, sign, , zero, width, group, precision, type = ''] = match;
  const body = digits(value, type, precision === undefined ? null : Number(precision));
  if (
    body === null ||
    (group !== undefined && (typeof value === 'string' || zero !== undefined || !/^[df]?$/i.test(type)))
  ) {
    return null;
  }
  const text = group === undefined ? body.text : thousands(body.text, group);
  const front = body.negative ? '-' : sign === '+' || sign === ' ' ? sign : '';
  if (typeof value === 'string' && (sign !== undefined || zero !== undefined || align === '=')) {
    return null;
  }
  const missing = Number(width ?? 0) - [...front, ...text].length;
  if (missing <= 0) {
    return front + text;
  }
  const side = align ?? (typeof value === 'string' ? '<' : zero === undefined ? '>' : '=');
  const pad = (fill ?? (zero === undefined ? ' ' : '0')).repeat(missing);
  switch (side) {
    case '<':
      return front + text + pad;
    case '=':
      return front + pad + text;
    case '^':
      return pad.slice(0, Math.floor(missing / 2)) + front + text + pad.slice(Math.floor(missing / 2));
    default:
      return pad + front + text;
  }
}

/** Digits without sign. */
function digits(value: Known, type: string, precision: number | null): { text: string; negative: boolean } | null {
  if (typeof value === 'string') {
    const chars = [...value];
    return ['', 's'].includes(type)
      ? { text: precision === null ? value : chars.slice(0, precision).join(''), negative: false }
      : null;
  }
  if (typeof value === 'bigint') {
    const negative = value < 0n;
    const plain = negative ? -value : value;
    const base = { '': 10, d: 10, x: 16, X: 16, o: 8, b: 2 }[type];
    if (base !== undefined && precision === null) {
      const text = plain.toString(base);
      return { text: type === 'X' ? text.toUpperCase() : text, negative };
    }
    return plain < 1n << 53n ? digits(Number(value), type, precision) : null;
  }
  if (!Number.isFinite(value)) {
    return null;
  }
  const negative = value < 0 || Object.is(value, -0);
  if (type === '' && precision === null) {
    return { text: pythonFloat(Math.abs(value)), negative };
  }
  const places = precision ?? 6;
  // Python rounds an exact half to even, JavaScript away from zero.
  const half = Math.abs(value) * 10 ** places * 2;
  return type.toLowerCase() === 'f' && places <= 20 && Math.abs(value) < 1e20 && (half % 2 !== 1 || places > 15)
    ? { text: Math.abs(value).toFixed(places), negative }
    : null;
}

function thousands(text: string, group: string): string {
  const [whole = '', rest] = text.split('.');
  return whole.replace(/\B(?=(\d{3})+$)/g, group) + (rest === undefined ? '' : `.${rest}`);
}

/** `template % values`; null where it cannot be told. */
export function percent(template: string, values: readonly Known[]): string | null {
  let next = 0;
  let failed = false;
  const text = template.replace(
    /%(?:%|([-0 +]*)(\d+)?(?:\.(\d+))?([a-zA-Z]))/g,
    (whole, flags?: string, width?: string, places?: string, type?: string) => {
      if (whole === '%%') {
        return '%';
      }
      const value = values[next++];
      const kind = { d: 'd', i: 'd', u: 'd', s: 's', f: 'f', F: 'f', x: 'x', X: 'X', o: 'o' }[String(type)];
      const shown =
        value === undefined || kind === undefined ? null : percentOne(value, kind, flags ?? '', width, places);
      failed ||= shown === null;
      return shown ?? '';
    }
  );
  return failed || next !== values.length ? null : text;
}

function percentOne(value: Known, kind: string, flags: string, width?: string, places?: string): string | null {
  const left = flags.includes('-');
  const zero = flags.includes('0') && !left && kind !== 's';
  const sign = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  const given = kind === 's' ? plainText(value) : kind === 'f' && typeof value === 'bigint' ? Number(value) : value;
  if (typeof given === 'string' && kind !== 's') {
    return null;
  }
  if (typeof given === 'number' && !Number.isFinite(given) && kind === 'd') {
    return null;
  }
  const whole = kind === 'd' && typeof given === 'number' ? BigInt(Math.trunc(given)) : given;
  const align = left ? '<' : zero ? '' : '>';
  return formatted(
    whole,
    `${align}${kind === 's' ? '' : sign}${zero ? '0' : ''}${width ?? ''}${places === undefined ? '' : `.${places}`}${kind}`
  );
}

/** `template.format(*values, **named)`; null where it cannot be told. */
export function braces(template: string, values: readonly Known[], named: ReadonlyMap<string, Known>): string | null {
  let next = 0;
  let failed = false;
  const text = template.replace(
    /\{\{|\}\}|\{(\w*)(?:!s)?(?::([^{}]*))?\}|[{}]/g,
    (whole, field?: string, spec?: string) => {
      if (whole === '{{' || whole === '}}') {
        return whole.charAt(0);
      }
      const name = field ?? '?';
      const value = name === '' ? values[next++] : /^\d+$/.test(name) ? values[Number(name)] : named.get(name);
      const shown = value === undefined ? null : spec === undefined ? plainText(value) : formatted(value, spec);
      failed ||= shown === null;
      return shown ?? '';
    }
  );
  return failed ? null : text;
}
