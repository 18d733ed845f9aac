/** Loads the Python grammar and parses cell texts; everything after `initPython` is synchronous. */
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Language, Parser } from 'web-tree-sitter';
import { existsSync, readFileSync } from '../../io/files.js';
import { CellarError } from '../../protocol/errors.js';
import { copyTree, type PyTree } from './tree.js';

let parser: Parser | null = null;
let loading: Promise<void> | null = null;

/** Loads both wasm files once. @throws CellarError `E_GRAMMAR_MISSING` */
export function initPython(): Promise<void> {
  loading ??= load();
  return loading;
}

async function load(): Promise<void> {
  await Parser.init({ wasmBinary: readFileSync(wasmFile('web-tree-sitter')) });
  const made = new Parser();
  made.setLanguage(await Language.load(readFileSync(wasmFile('tree-sitter-python'))));
  parser = made;
}

/** The wasm file beside the bundle, or in the package that holds it. */
function wasmFile(name: 'web-tree-sitter' | 'tree-sitter-python'): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const beside = join(here, `${name}.wasm`);
  if (existsSync(beside)) {
    return beside;
  }
  try {
    return createRequire(import.meta.url).resolve(`${name}/${name}.wasm`);
  } catch (cause) {
    throw new CellarError('E_GRAMMAR_MISSING', `The Python grammar \`${name}.wasm\` is not beside the bridge.`, {
      next: 'Install jupyterlab-cellar again.',
      cause
    });
  }
}

/** Parses Python text without magics. `initPython` must have been awaited. */
export function parsePython(source: string): PyTree {
  if (parser === null) {
    throw new Error('parsePython before initPython');
  }
  const tree = parser.parse(source);
  if (tree === null) {
    throw new Error('the parser gave no tree');
  }
  try {
    return copyTree(source, tree.rootNode);
  } finally {
    tree.delete();
  }
}
