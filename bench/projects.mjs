/** The projects that are measured: many small files, and a chain of stages. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 200;
const CHILD = 600_000;

/** 1–10 KB, the same bytes in every run. */
export function writeFiles(root, count) {
  let seed = 12345;
  // xorshift32: all arithmetic stays in 32 bits, so the numbers do not fall into a short cycle (equal files are cheap).
  const next = () => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return seed >>> 0;
  };
  for (let i = 0; i < count; i++) {
    const folder = join(root, 'data', `d${String(Math.floor(i / FOLDER)).padStart(4, '0')}`);
    if (i % FOLDER === 0) mkdirSync(folder, { recursive: true });
    const bytes = Buffer.alloc(1000 + (next() % 9000));
    for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.writeUInt32LE(next(), at);
    writeFileSync(join(folder, `f${String(i).padStart(6, '0')}.bin`), bytes);
  }
}

/** A git repository that is a DVC project with one kind of link. */
export function initProject(root, type, env) {
  mkdirSync(root, { recursive: true });
  const run = (program, ...args) => execFileSync(program, args, { cwd: root, env, timeout: CHILD, stdio: 'ignore' });
  run('git', 'init', '-q');
  run('dvc', 'init', '-q');
  run('dvc', 'config', 'core.analytics', 'false');
  run('dvc', 'config', 'cache.type', type);
}

/** A chain of stages, each copying a small file, run once so that nothing is left to do. */
export function writeStages(root, count, env) {
  writeFileSync(join(root, 's0.txt'), 'begin\n');
  const stages = Array.from(
    { length: count },
    (_, i) =>
      `  step${i}:\n    cmd: cp s${i}.txt s${i + 1}.txt\n    deps:\n    - s${i}.txt\n    outs:\n    - s${i + 1}.txt\n`
  );
  writeFileSync(join(root, 'dvc.yaml'), `stages:\n${stages.join('')}`);
  execFileSync('dvc', ['repro', '-q'], { cwd: root, env, timeout: CHILD, stdio: 'ignore' });
}
