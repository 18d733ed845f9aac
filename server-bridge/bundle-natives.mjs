import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Packages with machine code: never bundled, optional at run time (the bridge has a slower way without them). */
export const NATIVE = ['koffi', '@parcel/watcher'];

/** What the two need at run time beside their own platform packages. */
const NEEDED = ['koffi', '@parcel/watcher', 'detect-libc', 'is-glob', 'is-extglob', 'picomatch'];

/** Of the packages only what runs and its licence: no C++ sources, headers, types or documentation. */
const RUNS = /(\.(js|cjs|mjs|json|node)|^licen[cs]e(\..*)?)$/i;
const LEFT_OUT = new Set(['doc', 'vendor', 'scripts', 'node_modules']);

/** The platform packages that this install brought (`@koromix/koffi-linux-x64`, `@parcel/watcher-linux-x64-glibc`, …). */
function platformPackages(modules) {
  const list = (scope, prefix) =>
    existsSync(join(modules, scope))
      ? readdirSync(join(modules, scope))
          .filter(name => name.startsWith(prefix))
          .map(name => `${scope}/${name}`)
      : [];
  return [...list('@koromix', 'koffi-'), ...list('@parcel', 'watcher-')];
}

/**
 * Copies the native helpers to `target` (a `node_modules` beside the bundle), as far as they are installed.
 * Returns their folders relative to `root`, for the list of licences.
 */
export function copyNatives(root, target, copy) {
  const modules = join(root, 'node_modules');
  const names = [...NEEDED, ...platformPackages(modules)].filter(name => existsSync(join(modules, name)));
  for (const name of names) {
    const from = join(modules, name);
    copy(from, join(target, name), {
      recursive: true,
      filter: path =>
        path === from || (statSync(path).isDirectory() ? !LEFT_OUT.has(basename(path)) : RUNS.test(basename(path)))
    });
  }
  return names.map(name => `node_modules/${name}`);
}
