import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll } from 'vitest';
import { bundleCli } from './bundle-cli.js';

const top = join(import.meta.dirname, '../..');
/** What the parser of Python looks for beside its program. */
const GRAMMAR = ['web-tree-sitter/web-tree-sitter.wasm', 'tree-sitter-python/tree-sitter-python.wasm'];

/** A program that kills itself, and the command line that mends after it. */
export interface DoomedProgram {
  /** `cellar`, for the argv of a process. */
  readonly cellar: readonly string[];
  /** The program; its first argument is the change at which it dies (`kill-at.ts`). */
  readonly doomed: readonly string[];
}

/** Builds both for the tests of one file, and takes them away afterwards. */
export function testDoomedProgram(source: string): DoomedProgram {
  const made = { cellar: [] as readonly string[], doomed: [] as readonly string[] };
  let bundle: Awaited<ReturnType<typeof bundleCli>>;
  let folder: string;
  beforeAll(async () => {
    bundle = await bundleCli();
    folder = mkdtempSync(join(top, 'node_modules', '.cellar-kill-'));
    const program = join(folder, 'driver.mjs');
    await build({
      entryPoints: [source],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['koffi', '@parcel/watcher'],
      banner: { js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);" },
      logLevel: 'error'
    });
    GRAMMAR.forEach(path => copyFileSync(join(top, 'node_modules', path), join(folder, basename(path))));
    made.cellar = bundle.argv;
    made.doomed = [process.execPath, program];
  }, 60_000);
  afterAll(() => {
    bundle.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  return made;
}
