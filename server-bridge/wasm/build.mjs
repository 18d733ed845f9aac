/**
 * Compiles `md5.ts` (AssemblyScript) and writes the module as base64 into `src/hash/kernel-wasm.ts`, which is committed:
 * the bundle needs no second file and no compiler. `--check` only says whether the committed one is up to date.
 */
import asc from 'assemblyscript/asc';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, '..', 'src', 'hash', 'kernel-wasm.ts');
const GROUPS = 3;
const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];

/** The 64 steps of RFC 1321 §3.4, each for all groups before the next. */
function steps() {
  const lines = [];
  for (let step = 0; step < 64; step++) {
    const round = step >> 4;
    const word = [step, 5 * step + 1, 3 * step + 5, 7 * step][round] & 15;
    const constant = Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32) | 0;
    const shift = SHIFTS[round * 4 + (step & 3)];
    const [a, b, c, d] = [0, 1, 2, 3].map(k => 'abcd'[(k - step) & 3]);
    lines.push(`k = i32x4.splat(${constant});`);
    for (let n = 0; n < GROUPS; n++) {
      const fn = `${'fghi'[round]}(${b}${n}, ${c}${n}, ${d}${n})`;
      lines.push(
        `${a}${n} = mix(i32x4.add(i32x4.add(${a}${n}, i32x4.add(word(${n}, ${word}), k)), ${fn}), ${b}${n}, ${shift});`
      );
    }
  }
  return lines.join('\n');
}

function each(line) {
  return Array.from({ length: GROUPS }, (_, n) =>
    'abcd'
      .split('')
      .map((v, k) => line(v, n, k))
      .join('\n')
  ).join('\n');
}

export function source() {
  const load = (v, n, k) => `${v}${n} = v128.load(STATES + ${n * 64 + k * 16});`;
  return readFileSync(join(here, 'md5.ts'), 'utf8')
    .replaceAll('/* @inline */', '@inline')
    .replace('/* @declare */', () => 'let k: v128;\n' + each((v, n, k) => `let ${load(v, n, k)}`))
    .replace('/* @before */', () => each((v, n) => `const ${v}${n}_: v128 = ${v}${n};`))
    .replace('/* @steps */', steps)
    .replace('/* @after */', () => each((v, n) => `${v}${n} = i32x4.add(${v}${n}, ${v}${n}_);`))
    .replace('/* @keep */', () => each((v, n, k) => `v128.store(STATES + ${n * 64 + k * 16}, ${v}${n});`));
}

/** The compiled module. */
export async function compile() {
  const text = source();
  let binary;
  const options = [
    'md5.ts',
    '--outFile',
    'md5.wasm',
    '-O3',
    '--enable',
    'simd',
    '--runtime',
    'minimal',
    '--importMemory',
    '--noAssert'
  ];
  const { error, stderr } = await asc.main(options, {
    readFile: name => (name === 'md5.ts' ? text : null),
    writeFile: (name, contents) => {
      if (name === 'md5.wasm') binary = contents;
    },
    listFiles: () => []
  });
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  return Buffer.from(binary);
}

/** The TypeScript that carries it. */
export async function generated() {
  const lines = (await compile()).toString('base64').match(/.{1,110}/g);
  return `/** Made by \`server-bridge/wasm/build.mjs\` from \`md5.ts\`; not edited by hand. */\nexport const KERNEL_WASM =\n${lines.map(line => `  '${line}'`).join(' +\n')};\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await generated();
  if (!process.argv.includes('--check')) {
    writeFileSync(target, text);
  } else if (readFileSync(target, 'utf8') !== text) {
    console.error('src/hash/kernel-wasm.ts is not what wasm/md5.ts compiles to: run node server-bridge/wasm/build.mjs');
    process.exitCode = 1;
  }
}
