/**
 * Makes `jupyterlab_cellar/bridge/`: the Node programs of the wheel and everything that they open at run time.
 *
 * One ES module for each entry (code that several need lies in chunks beside them), the grammars, the runner, the
 * native helpers with their own `node_modules`, and the licences of all that is not ours.
 */
import { build } from 'esbuild';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lazyBuiltins } from './bundle-builtins.mjs';
import { copyNatives, NATIVE } from './bundle-natives.mjs';
import { licencesOf } from './bundle-licences.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const place = join(root, 'jupyterlab_cellar', 'bridge');
// Made beside its place and moved there at the end: a build that fails leaves the last good one.
const out = `${place}.new`;

const ENTRIES = { main: 'src/main.ts', cli: 'src/cli/main.ts', worker: 'src/store/worker.ts' };

/** [where it is now, name in the bundle]; the first of several sources that exists is taken. */
const BESIDE = [
  [['node_modules/web-tree-sitter/web-tree-sitter.wasm'], 'web-tree-sitter.wasm'],
  [['node_modules/tree-sitter-python/tree-sitter-python.wasm'], 'tree-sitter-python.wasm'],
  [['runner/dist/run.py', 'runner/run.py'], 'run.py'],
  [['runner/published.json'], 'published.json']
];

const entryPoints = Object.fromEntries(
  Object.entries(ENTRIES)
    .map(([name, file]) => [name, join(root, 'server-bridge', file)])
    .filter(([, file]) => existsSync(file))
);

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
const result = await build({
  absWorkingDir: root,
  entryPoints,
  outdir: out,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node22.13',
  external: [...NATIVE, 'bufferutil', 'utf-8-validate'],
  plugins: [lazyBuiltins()],
  minifyWhitespace: true,
  minifySyntax: true,
  define: { 'process.env.CELLAR_VERSION': JSON.stringify(version) },
  // CommonJS packages in the bundle (ws) call require() for Node's own modules.
  banner: { js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);" },
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning'
});

for (const [sources, name] of BESIDE) {
  const found = sources.map(s => join(root, s)).find(existsSync);
  if (found) copyFileSync(found, join(out, name));
}
const natives = copyNatives(root, join(out, 'node_modules'), cpSync);

writeFileSync(join(out, 'package.json'), `${JSON.stringify({ type: 'module', private: true, version })}\n`);
const inputs = [...Object.keys(result.metafile.inputs), ...natives.map(dir => `${dir}/package.json`)];
inputs.push('node_modules/web-tree-sitter/package.json', 'node_modules/tree-sitter-python/package.json');
writeFileSync(join(out, 'THIRD-PARTY-LICENSES.txt'), licencesOf(root, inputs));

rmSync(place, { recursive: true, force: true });
renameSync(out, place);

const bytes = Object.values(result.metafile.outputs).reduce((sum, o) => sum + o.bytes, 0);
console.log(`bridge: ${Object.keys(entryPoints).join(', ') || 'no entry yet'}, ${Math.round(bytes / 1024)} KB of code`);
