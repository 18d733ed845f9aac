import { builtinModules } from 'node:module';

const BUILTIN = new Set(builtinModules.flatMap(name => [name, `node:${name}`]));

/** Node has loaded these before our program begins, or they are more than a collection of functions. */
const THERE = new Set(['buffer', 'console', 'events', 'fs', 'module', 'path', 'process', 'timers', 'url', 'util']);

/**
 * Loads Node's own modules at the first use of one of their members. An `import` of `node:fs` or `node:util` in an ES
 * module reads every member at once, which loads streams, promises and much else: 6 ms and 3 MB each for a command that
 * needs three functions of them (guide/performance.md §2.7).
 */
export function lazyBuiltins() {
  return {
    name: 'lazy-builtins',
    setup(build) {
      build.onResolve({ filter: /^[a-z][a-z0-9_:/]*$/ }, ({ path, kind }) =>
        BUILTIN.has(path) && kind !== 'dynamic-import'
          ? { path: path.replace(/^node:/, ''), namespace: 'builtin', sideEffects: false }
          : undefined
      );
      build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
        contents: moduleText(path),
        loader: 'js'
      }));
    }
  };
}

/** A CommonJS module: the bundler reads members of those where they are used, not where they are imported. */
function moduleText(name) {
  const own = process.getBuiltinModule(`node:${name}`);
  const whole = `process.getBuiltinModule('node:${name}')`;
  // Some are a function or a class themselves (`assert`, `stream`).
  if (typeof own === 'function' || THERE.has(name)) return `module.exports = ${whole};`;
  return [
    'let own;',
    `const load = () => (own ??= ${whole});`,
    `for (const key of ${JSON.stringify(Object.keys(own))})`,
    '  Object.defineProperty(exports, key, { enumerable: true, get: () => load()[key] });'
  ].join('\n');
}
