/** What a call hands over for the parameters of a function, and what the function does with them (N35). */
import type { Argument, CallSite, FunctionFacts } from './python/facts.js';
import type { Py } from './python/tree.js';

/** What a function binds a local name to; undefined where that is not known. */
export function localValue({ node }: FunctionFacts, name: string): Py | undefined {
  const bound = [...node.walk()].filter(one => one.type === 'assignment' && one.get('left')?.text === name);
  return bound.length === 1 ? bound[0]?.get('right') : undefined;
}

/** Does the function return the very object of the parameter at `position`? */
export function handsOut({ node, params }: FunctionFacts, position: number): boolean {
  return [...node.walk()].some(one => one.type === 'return_statement' && one.kids[0]?.text === params[position]);
}

/** Does the call hand over something for the parameter at `position`, instead of its default? */
export function isGiven(site: CallSite, facts: FunctionFacts, position: number, shift: 0 | 1): boolean {
  const positional = site.args.filter(arg => arg.keyword === null && !arg.starred);
  return site.args.some(arg => arg.keyword === facts.params[position]) || positional.length > position - shift;
}

/** Names given for the parameter at `position`. */
export function given(site: CallSite, facts: FunctionFacts, position: number, shift: 0 | 1): string[] {
  if (position < shift) {
    return site.receiver;
  }
  const { params, star } = facts;
  const positional = site.args.filter(arg => arg.keyword === null);
  const take = (arg: Argument | undefined): string[] => arg?.names ?? [];
  if (positional.some(arg => arg.starred) || (star >= 0 && position >= star)) {
    return site.args.flatMap(arg => arg.names);
  }
  const named = site.args.find(arg => arg.keyword === params[position]);
  return take(named ?? positional[position - shift]);
}

/** Parameter → row after which it certainly is another object: `df = df.copy()` at the top of the body. */
export function renewed(facts: FunctionFacts): Map<string, number> {
  const rows = new Map<string, number>();
  for (const statement of facts.node.get('body')?.kids ?? []) {
    const only = statement.type === 'expression_statement' ? statement.kids[0] : undefined;
    const left = only?.type === 'assignment' ? only.get('left') : undefined;
    if (left?.type !== 'identifier' || rows.has(left.text)) {
      continue;
    }
    const shared = facts.body.shares.some(edge => edge.left === left.text);
    if (!shared && facts.params.includes(left.text)) {
      rows.set(left.text, statement.endRow);
    }
  }
  return rows;
}
