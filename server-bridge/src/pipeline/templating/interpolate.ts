import { isList, isMapping, pythonTypeName } from '../../formats/value.js';
import type { Scalar, Value } from '../../formats/value.js';
import { select } from './context.js';
import type { Context } from './context.js';
import { findMatches, isExact, parseExpression, unescapeText } from './expression.js';
import { TemplateFailure } from './failure.js';
import { fromNode } from './node.js';
import type { Node } from './node.js';
import { spliceText } from './text.js';
import type { ParsingConfig } from './text.js';

export interface ResolveOptions {
  /** Key of the stage being resolved: `cmd` may take a mapping. Absent for `foreach` and `matrix` data, which take anything. */
  key?: string;
  config: ParsingConfig;
  /** Expressions of generated stages are checked once, on their template. */
  skipChecks: boolean;
}

/** Throws when any expression inside breaks the grammar. */
export function checkExpressions(value: Value): void {
  if (typeof value === 'string') for (const { inner } of findMatches(value)) parseExpression(inner);
  else if (isList(value)) value.forEach(checkExpressions);
  else if (isMapping(value)) {
    for (const [key, item] of value) {
      checkExpressions(key);
      checkExpressions(item);
    }
  }
}

/** True when any text inside holds an expression. */
export function hasExpression(value: Value): boolean {
  if (typeof value === 'string') return findMatches(value).length > 0;
  if (isList(value)) return value.some(hasExpression);
  return isMapping(value) && [...value].some(([key, item]) => hasExpression(key) || hasExpression(item));
}

function checkUsable(value: Value, key: string | undefined): void {
  if (!isList(value) && !isMapping(value)) return;
  if (key === undefined || key.includes('foreach') || (key === 'cmd' && isMapping(value))) return;
  throw new TemplateFailure('syntax', `Cannot interpolate data of type '${pythonTypeName(value)}'`);
}

function selectExpression(context: Context, inner: string, options: ResolveOptions): Node {
  return select(context, options.skipChecks ? inner : parseExpression(inner));
}

function splice(context: Context, text: string, options: ResolveOptions): string {
  let out = '';
  let from = 0;
  for (const { inner, start, end } of findMatches(text)) {
    const value = fromNode(selectExpression(context, inner, options));
    checkUsable(value, options.key);
    out += text.slice(from, start) + spliceText(value, options.config);
    from = end;
  }
  return unescapeText(out + text.slice(from));
}

/** A text resolved: the value itself when it is one whole expression, else text. */
export function resolveText(context: Context, text: string, options: ResolveOptions): Value {
  const matches = findMatches(text);
  const [only] = matches;
  if (!only || !isExact(text, matches)) return splice(context, text, options);
  const value = fromNode(selectExpression(context, only.inner, options));
  checkUsable(value, options.key);
  return value;
}

/** The node behind a text that is one whole expression, so that iteration data keeps its origin; undefined for other text. */
export function resolveNode(context: Context, text: string, options: ResolveOptions): Node | undefined {
  const matches = findMatches(text);
  const [only] = matches;
  return only && isExact(text, matches) ? selectExpression(context, only.inner, options) : undefined;
}

/** Every text and mapping key inside a value resolved. */
export function resolveValue(context: Context, value: Value, options: ResolveOptions): Value {
  if (typeof value === 'string') return resolveText(context, value, options);
  if (isList(value)) return value.map(item => resolveValue(context, item, options));
  if (!isMapping(value)) return value;
  return new Map(
    [...value].map(([key, item]): [Scalar, Value] => [
      resolveKey(context, key, options),
      resolveValue(context, item, options)
    ])
  );
}

function resolveKey(context: Context, key: Scalar, options: ResolveOptions): Scalar {
  if (typeof key !== 'string') return key;
  const resolved = resolveText(context, key, options);
  if (isList(resolved) || isMapping(resolved)) {
    throw new TemplateFailure('syntax', `Cannot interpolate data of type '${pythonTypeName(resolved)}'`);
  }
  return resolved;
}
