import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that the server shows; paths of the tests are below it. */
export const ROOT = process.env.JUPYTERLAB_GALATA_ROOT_DIR ?? '';
const EXAMPLE = join(__dirname, '..', '..', 'examples', 'penguins');

/** Runs a program to its end, at most two minutes; its standard output. */
export function run(folder: string, program: string, ...args: string[]): string {
  return execFileSync(program, args, { cwd: join(ROOT, folder), timeout: 120_000, encoding: 'utf8' });
}

/** The demo project at a path below the root. */
export function makeDemo(folder: string): void {
  mkdirSync(join(ROOT, folder), { recursive: true });
  run(folder, 'python', join(EXAMPLE, 'make_project.py'), '.');
}

/** The demo before Cellar: a git repository with its newest data, and its notebook without a tag. */
export function makeUntaggedDemo(folder: string): void {
  makeRepository(folder);
  const notebook = JSON.parse(readFileSync(join(EXAMPLE, 'analysis.ipynb'), 'utf8')) as {
    metadata: Record<string, unknown>;
    cells: { metadata: Record<string, unknown> }[];
  };
  for (const { metadata } of [notebook, ...notebook.cells]) {
    delete metadata['cellar'];
  }
  write(`${folder}/analysis.ipynb`, `${JSON.stringify(notebook, null, 1)}\n`);
  mkdirSync(join(ROOT, folder, 'data'));
  for (const [from, to] of [
    ['features.py', 'features.py'],
    ['data/v2/penguins.csv', 'data/penguins.csv']
  ] as const) {
    copyFileSync(join(EXAMPLE, from), join(ROOT, folder, to));
  }
}

/** An empty git repository without a project. */
export function makeRepository(folder: string): void {
  mkdirSync(join(ROOT, folder), { recursive: true });
  run(folder, 'git', 'init', '--quiet', '--initial-branch=main');
}

/** A git repository that is a project of ours. */
export function makeProject(folder: string): void {
  makeRepository(folder);
  run(folder, 'cellar', 'init', '--quiet');
}

export function write(path: string, text: string): void {
  mkdirSync(dirname(join(ROOT, path)), { recursive: true });
  writeFileSync(join(ROOT, path), text);
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** A code cell: its tag (a stage's name, `setup`, or none) and its source. */
export type CellText = readonly [tag: string | null, source: string];

/** Leaves packages out of a kernel that `makeKernel` made; installing one is leaving out the others. */
export type Hide = (...packages: string[]) => void;

/** A kernel whose interpreter has all packages of the tests' own but those that are hidden. */
export function makeKernel(name: string): Hide {
  const folder = join(process.env.CELLAR_UI_FOLDER ?? '', 'interpreters', name);
  const ask = (python: string, code: string): string => execFileSync(python, ['-c', code], { encoding: 'utf8' }).trim();
  const site = 'import sysconfig; print(sysconfig.get_path("purelib"))';
  execFileSync('python', ['-m', 'venv', '--without-pip', folder], { timeout: 60_000 });
  const python = join(folder, 'bin', 'python');
  const packages = ask(python, site);
  writeFileSync(join(packages, 'hidden_packages.py'), FINDER);
  writeFileSync(join(packages, 'hidden.txt'), '');
  writeFileSync(join(packages, 'all.pth'), `${ask('python', site)}\nimport hidden_packages\n`);
  const spec = join(process.env.CELLAR_UI_FOLDER ?? '', 'jupyter', 'data', 'kernels', name);
  mkdirSync(spec, { recursive: true });
  const argv = [python, '-m', 'ipykernel_launcher', '-f', '{connection_file}'];
  writeFileSync(join(spec, 'kernel.json'), JSON.stringify({ argv, display_name: name, language: 'python' }));
  return (...names) => writeFileSync(join(packages, 'hidden.txt'), names.join('\n'));
}

const FINDER = `import sys


class Hidden:
    def find_spec(self, name, path=None, target=None):
        with open(__file__.replace("hidden_packages.py", "hidden.txt")) as names:
            if name.partition(".")[0] in names.read().split():
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Hidden())
`;

/** A notebook with these code cells. */
export function writeNotebook(path: string, cells: readonly CellText[], kernel = 'python3'): void {
  const tagOf = (tag: string | null): object =>
    tag === null ? {} : { cellar: tag === 'setup' ? { role: 'setup' } : { role: 'stage', stage: tag } };
  const notebook = {
    cells: cells.map(([tag, source], i) => ({
      cell_type: 'code',
      id: `cell-${i}`,
      metadata: tagOf(tag),
      source,
      execution_count: null,
      outputs: []
    })),
    metadata: {
      cellar: { version: 1 },
      kernelspec: { display_name: kernel, language: 'python', name: kernel },
      language_info: { name: 'python' }
    },
    nbformat: 4,
    nbformat_minor: 5
  };
  write(path, `${JSON.stringify(notebook, null, 1)}\n`);
}

/** The process of the bridge: the child of this run's Jupyter server that is one. */
export function bridgePid(): number {
  const runtime = join(process.env.CELLAR_UI_FOLDER ?? '', 'jupyter', 'runtime');
  const server = readdirSync(runtime).find(name => name.search(/^jpserver-\d+\.json$/) === 0);
  const { pid } = JSON.parse(readFileSync(join(runtime, server ?? ''), 'utf8')) as { pid: number };
  const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(pid)], { encoding: 'utf8' }).split('\n');
  const bridge = children.find(line => line.includes('main.mjs'));
  return Number(bridge?.trim().split(' ')[0]);
}
