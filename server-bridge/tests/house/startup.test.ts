import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { native } from '../../src/io/native.js';
import { bundleCli } from '../bundle-cli.js';
import { sandbox } from '../workspace/sandbox.js';

/**
 * What a command of the command line loads before it works. A schema library, a parser of Python or a web socket costs
 * it more time and memory than its work does (guide/performance.md §2.7): the bridge may have them, a command must not.
 */
const ROOT = resolve(import.meta.dirname, '../../..');
const SOURCE = join(ROOT, 'server-bridge', 'src');
const HEAVY = /node_modules\/(zod|web-tree-sitter|tree-sitter-python|ws|vscode-jsonrpc|pino|@parcel\/watcher)\//;
/** Not `init`: it writes the user's list of trusted projects, once for each project. */
const COMMANDS = ['add', 'checkout', 'config', 'repro', 'root', 'status', 'version'];

let outputs: Metafile['outputs'];

beforeAll(async () => {
  const made = await build({
    absWorkingDir: ROOT,
    entryPoints: {
      main: join(SOURCE, 'main.ts'),
      cli: join(SOURCE, 'cli/main.ts'),
      worker: join(SOURCE, 'store/worker.ts')
    },
    outdir: join(ROOT, 'never-written'),
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    external: ['koffi', '@parcel/watcher'],
    logLevel: 'error'
  });
  outputs = made.metafile.outputs;
});

/** Sources that are loaded with the chunk of `entry`, without what it loads only when it is needed. */
function loadedWith(entry: string): string[] {
  const first = Object.keys(outputs).find(name => outputs[name]?.entryPoint === `server-bridge/src/${entry}`);
  expect(first, `${entry} has a chunk of its own`).toBeDefined();
  const chunks = new Set([first ?? '']);
  for (const chunk of chunks) {
    for (const { path, kind } of outputs[chunk]?.imports ?? []) {
      if (kind === 'import-statement' && path in outputs) chunks.add(path);
    }
  }
  return [...chunks].flatMap(chunk => Object.keys(outputs[chunk]?.inputs ?? {}));
}

const heavyOf = (entry: string): string[] => [
  ...new Set(loadedWith(entry).flatMap(path => HEAVY.exec(path)?.[1] ?? []))
];

describe('what is loaded at the start', () => {
  it('is seen by this test where it is there', () => {
    expect(heavyOf('main.ts')).toEqual(expect.arrayContaining(['zod', 'ws']));
    expect(heavyOf('service/notebook-commands.ts')).toContain('web-tree-sitter');
  });

  it.each(['cli/main.ts', 'cli/program.ts', 'store/worker.ts', ...COMMANDS.map(each => `service/${each}.ts`)])(
    'is nothing heavy for %s',
    entry => {
      expect(heavyOf(entry)).toEqual([]);
    }
  );
});

/** Modules of Node that an empty `status` has no use for. */
const UNUSED = ['child_process', 'crypto', 'fs/promises', 'perf_hooks', 'readline', 'worker_threads', 'zlib'];

describe('what a command makes Node load', () => {
  it('is only what it uses', async () => {
    const bundle = await bundleCli();
    const box = sandbox();
    try {
      const list = join(box.base, 'loaded.json');
      const spy = join(box.base, 'spy.cjs');
      writeFileSync(
        spy,
        `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify(process.moduleLoadList)))`
      );
      const [node = '', ...program] = bundle.argv;
      const loaded = (...args: string[]): string[] => {
        box.must([node, '-r', spy, ...program, ...args]);
        const names = createRequire(import.meta.url)(list) as string[];
        return UNUSED.filter(name => names.includes(`NativeModule ${name}`));
      };
      box.must([...bundle.argv, 'init', '-q']);
      expect(loaded('status')).toEqual([]);
    } finally {
      bundle.remove();
      box.remove();
    }
  });

  it.skipIf(process.env['CELLAR_NO_NATIVE'] === '1')('is the machine code of koffi without its program', () => {
    expect(native()).not.toBeNull();
    const files = Object.keys(createRequire(import.meta.url).cache).filter(path => path.includes('koffi'));
    expect(files.map(path => path.split('/').at(-1))).toEqual(['koffi.node']);
  });
});
