/**
 * Compares `cellar` with real `dvc` on the same work, turn by turn in one run (guide: interleaved, medians, ratios).
 *
 *   node bench/run.mjs [--rounds 3] [--files 20000] [--stages 100] [--cellar .venv/bin/cellar] [--json FILE]
 *
 * What is measured is the command that a user types, launcher and all. Durability is on for both. Each result is checked: equal `.dvc` bytes, and `dvc status` calls our project clean.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { initProject, writeFiles, writeStages } from './projects.mjs';
import { goals, print } from './table.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    files: { type: 'string', default: '20000' },
    stages: { type: 'string', default: '100' },
    cellar: { type: 'string', default: join(here, '..', '.venv', 'bin', 'cellar') },
    json: { type: 'string' }
  }
});
const rounds = Number(values.rounds);
const files = Number(values.files);
const cellar = resolve(values.cellar);
if (!existsSync(cellar)) {
  console.error(`${cellar} is missing: run \`make setup\` first.`);
  process.exit(1);
}

const base = mkdtempSync(join(tmpdir(), 'cellar-bench-'));
const venv = join(here, '..', '.venv', 'bin');
const env = {
  ...process.env,
  PATH: `${venv}:${process.env.PATH}`,
  DVC_NO_ANALYTICS: '1',
  DVC_SITE_CACHE_DIR: join(base, 'site')
};
const tools = { dvc: ['dvc'], cellar: [cellar] };

function measure(argv, cwd) {
  const out = execFileSync('python3', [join(here, 'measure.py'), ...argv], {
    cwd,
    env,
    encoding: 'utf8',
    timeout: 1_800_000
  });
  const facts = JSON.parse(out);
  if (facts.exit !== 0) throw new Error(`${argv.join(' ')} ended with ${facts.exit}: ${facts.errors}`);
  return facts;
}

const results = [];
let gone = 0;

/** One work by both tools, the first one changing from round to round. */
function both(work, round, roots, args) {
  const order = round % 2 === 0 ? ['dvc', 'cellar'] : ['cellar', 'dvc'];
  for (const tool of order) {
    results.push({ work, tool, round, ...measure([...tools[tool], ...args], roots[tool]) });
  }
}

/** Takes the workspace copy away by a rename: deleting thousands of files makes the next creations slow on ext4. */
function takeAway(roots) {
  for (const root of Object.values(roots)) renameSync(join(root, 'data'), join(base, `gone-${gone++}`));
}

async function dataRound(type, round) {
  const roots = { dvc: join(base, `dvc-${type}-${round}`), cellar: join(base, `cellar-${type}-${round}`) };
  for (const root of Object.values(roots)) {
    initProject(root, type, env);
    writeFiles(root, files);
  }
  await pause(3000); // younger files are hashed again by the next command; users' data are older
  both(`add, ${type}`, round, roots, ['add', 'data']);
  same(roots, 'data.dvc');
  both(`status, ${type}`, round, roots, ['status']);
  takeAway(roots);
  both(`checkout, ${type}`, round, roots, ['checkout']);
  both(`checkout, nothing to do, ${type}`, round, roots, ['checkout']);
  const said = execFileSync('dvc', ['status', '--json'], {
    cwd: roots.cellar,
    env,
    encoding: 'utf8',
    timeout: 600_000
  });
  if (said.trim() !== '{}') throw new Error(`dvc does not call our project clean: ${said}`);
}

function same(roots, name) {
  const [a, b] = Object.values(roots).map(root => readFileSync(join(root, name), 'utf8'));
  if (a !== b) throw new Error(`${name} differs:\n${a}\n${b}`);
}

function stageProjects() {
  const roots = { dvc: join(base, 'dvc-stages'), cellar: join(base, 'cellar-stages') };
  initProject(roots.dvc, 'hardlink', env);
  writeStages(roots.dvc, Number(values.stages), env);
  cpSync(roots.dvc, roots.cellar, { recursive: true, preserveTimestamps: true });
  return roots;
}

try {
  console.log(`${files} files of 1-10 KB, ${values.stages} stages, ${rounds} rounds, Node ${process.versions.node}`);
  const bare = {
    dvc: measure([join(venv, 'python'), '-c', '0'], base),
    cellar: measure([process.execPath, '-e', '0'], base)
  };
  const stages = stageProjects();
  // Once each, unmeasured: states and compiled code exist afterwards, for both.
  Object.entries(tools).forEach(([tool, argv]) => measure([...argv, 'repro'], stages[tool]));
  for (let round = 0; round < rounds; round++) {
    await dataRound('hardlink', round);
    await dataRound('copy', round);
    both(`repro, nothing to do`, round, stages, ['repro']);
    console.log(`round ${round + 1} of ${rounds} done`);
  }
  print(results, bare);
  if (values.json)
    writeFileSync(values.json, `${JSON.stringify({ files, bare, results, goals: goals(results) }, null, 1)}\n`);
} finally {
  rmSync(base, { recursive: true, force: true });
}
