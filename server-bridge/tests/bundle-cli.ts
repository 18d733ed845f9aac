import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { lazyBuiltins } from '../bundle-builtins.mjs';

const top = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Files that the bundle opens at run time, where they are in the tree. */
const BESIDE = [
  'node_modules/web-tree-sitter/web-tree-sitter.wasm',
  'node_modules/tree-sitter-python/tree-sitter-python.wasm',
  'runner/dist/run.py',
  'runner/published.json'
];

/**
 * The command line and the bridge, bundled as the wheel does it, in a folder of its own inside the project (for its native
 * packages). `argv` runs the command line, `bridge` is the program of the bridge.
 */
export async function bundleCli(): Promise<{ argv: string[]; bridge: string; remove: () => void }> {
  const folder = mkdtempSync(join(top, 'node_modules', '.cellar-cli-'));
  const source = join(top, 'server-bridge', 'src');
  await build({
    entryPoints: {
      main: join(source, 'main.ts'),
      cli: join(source, 'cli', 'main.ts'),
      worker: join(source, 'store', 'worker.ts')
    },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node22.13',
    external: ['koffi', '@parcel/watcher'],
    plugins: [lazyBuiltins()],
    define: { 'process.env.CELLAR_VERSION': '"0.0.0"' },
    banner: { js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);" },
    logLevel: 'error'
  });
  for (const path of BESIDE.filter(each => existsSync(join(top, each)))) {
    copyFileSync(join(top, path), join(folder, path.split('/').at(-1) ?? ''));
  }
  return {
    argv: [process.execPath, join(folder, 'cli.mjs')],
    bridge: join(folder, 'main.mjs'),
    remove: () => rmSync(folder, { recursive: true, force: true })
  };
}
