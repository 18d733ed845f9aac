/** One call as the facts hold it, with the mutations that its text alone shows (N35). */
import type { Argument, BodyFacts, CallSite, Mutation } from './facts.js';
import {
  CONTAINER_METHODS,
  CONTAINING_METHODS,
  DRAW_METHODS,
  MUTATING_CALLS,
  MUTATING_METHODS,
  STATE_METHODS
} from './methods.js';
import { calleeName, dotted, roots } from './sharing.js';
import type { Py } from './tree.js';

/** Records the call `node`; `key` turns a name of the text into the facts' name for it. */
export function recordCall(node: Py, facts: BodyFacts, key: (name: string) => string): CallSite {
  const callee = node.get('function');
  const object = callee?.type === 'attribute' ? callee.get('object') : undefined;
  const names = (list: string[]): string[] => [...new Set(list.map(key))];
  const site: CallSite = {
    callee: dotted(callee),
    method: calleeName(node),
    receiver: names(roots(object)),
    args: argumentsOf(node).map(arg => argument(arg, key)),
    targets: [],
    row: node.row,
    node
  };
  facts.calls.push(site);
  const dots = site.callee === '' || !STATE_METHODS.has(site.method) ? 9 : site.callee.split('.').length - 1;
  const plain = object?.type === 'identifier';
  const mutate = (list: string[], how: Mutation['how'], depth = dots, direct = false): void => {
    list.forEach(name => facts.mutations.push({ name, row: node.row, how, dots: depth, direct }));
  };
  if (object !== undefined && (MUTATING_METHODS.has(site.method) || inPlace(node))) {
    mutate(site.receiver, 'method', dots, plain && CONTAINER_METHODS.has(site.method));
  } else if (object !== undefined && DRAW_METHODS.has(site.method)) {
    mutate(site.receiver, 'draw');
  }
  for (const position of MUTATING_CALLS.get(site.callee) ?? MUTATING_CALLS.get(site.method) ?? []) {
    mutate(site.args[position]?.names ?? [], 'method', 9);
  }
  for (const arg of site.args.filter(one => one.keyword === 'out')) {
    mutate(arg.names, 'method', 9);
  }
  if (object !== undefined && CONTAINING_METHODS.has(site.method)) {
    for (const arg of site.args) {
      for (const left of site.receiver) {
        arg.names.forEach(right => facts.shares.push({ left, right, how: plain ? 'part' : undefined }));
      }
    }
  }
  formulaWords(site).forEach(name => facts.soft.add(name));
  hintedNames(site).forEach(name => facts.hinted.add(name));
  return site;
}

export function argumentsOf(call: Py): Py[] {
  const list = call.get('arguments');
  return list === undefined ? [] : list.type === 'argument_list' ? list.kids : [list];
}

function argument(node: Py, key: (name: string) => string): Argument {
  const keyword = node.type === 'keyword_argument' ? (node.get('name')?.text ?? null) : null;
  const value = node.type === 'keyword_argument' ? node.get('value') : node;
  return {
    keyword,
    names: [...new Set(roots(value).map(key))],
    plain: value?.type === 'identifier' ? key(value.text) : null,
    starred: node.type === 'list_splat' || node.type === 'dictionary_splat'
  };
}

function inPlace(call: Py): boolean {
  return argumentsOf(call).some(
    arg => arg.type === 'keyword_argument' && arg.get('name')?.text === 'inplace' && arg.get('value')?.type !== 'false'
  );
}

const QUERIES = new Set(['query', 'eval']);
const FORMULAS = new Set(
  'ols wls gls glm logit probit poisson mixedlm from_formula dmatrix dmatrices model_matrix'.split(' ')
);

/** `df.query('x > @limit')` reads `limit`. */
export function querySource(site: CallSite): string[] {
  if (!QUERIES.has(site.method) || site.node.get('function')?.type !== 'attribute') {
    return [];
  }
  return strings(site).flatMap(text => [...text.matchAll(/@([A-Za-z_]\w*)/g)].map(match => match[1] ?? ''));
}

function formulaWords(site: CallSite): string[] {
  return FORMULAS.has(site.method) ? strings(site).flatMap(wordsOf) : [];
}

/** `pd.eval('a + b')` reads `a` and `b`, `!echo $a {b}` too. */
function hintedNames(site: CallSite): string[] {
  if (site.callee === 'pd.eval' || site.callee === 'pandas.eval') {
    return strings(site).flatMap(wordsOf);
  }
  if (!site.node.text.startsWith('get_ipython().')) {
    return [];
  }
  return strings(site).flatMap(text =>
    [...text.matchAll(/\$([A-Za-z_]\w*)|\{([^{}]+)\}/g)].flatMap(([, name, expression]) =>
      wordsOf(name ?? expression ?? '')
    )
  );
}

/** Words of a text that may be names. */
export function wordsOf(text: string): string[] {
  return text.match(/[A-Za-z_]\w*/g) ?? [];
}

function strings(site: CallSite): string[] {
  return argumentsOf(site.node).flatMap(arg =>
    [...arg.walk()].filter(node => node.type === 'string_content').map(node => node.text)
  );
}
