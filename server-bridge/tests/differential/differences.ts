import type { Answer } from './play.js';

type Comparable = Omit<Answer, 'stderr'>;

/** What neither tool promises: applied to both sides before they are compared. One line each, with its reason. */
export const normalisations: { why: string; apply: (answer: Comparable) => Comparable }[] = [
  {
    why: 'run-cache entries may have any YAML layout; names and parsed content count (spec/dvc-pipelines.md §6.5), and names hash the content',
    apply: answer => mapTree(answer, (path, line) => (path.startsWith('.dvc/cache/runs/') ? 'run-cache entry' : line))
  },
  {
    why: 'the comments that `init` writes into .dvcignore are not significant (spec/dvc-data.md §1.2)',
    apply: answer => mapTree(answer, (path, line) => (path === '.dvcignore' && line.includes('# ') ? 'comments' : line))
  },
  {
    why: 'the order of lines that name independent outs or stages on stdout is not stable in DVC',
    apply: answer =>
      answer.stdout === undefined ? answer : { ...answer, stdout: answer.stdout.split('\n').sort().join('\n') }
  }
];

export interface Difference {
  /** Name of the scenario; a prefix that ends in `*` stands for several. */
  scenario: string;
  parts: (keyof Comparable)[];
  why: string;
}

/** Where Cellar answers otherwise on purpose. One line each, with its reason. */
export const differences: Difference[] = [
  {
    scenario: 'repro: dry',
    parts: ['exit'],
    why: 'dvc fails on a dep that a stage above would make first; we name the commands'
  },
  {
    scenario: 'repro: keep going',
    parts: ['tree', 'git'],
    why: 'dvc withdraws .gitignore lines of stages that succeeded (spec/dvc-pipelines.md §11.2)'
  },
  {
    scenario: 'repro: a failing stage',
    parts: ['tree', 'git'],
    why: 'dvc withdraws .gitignore lines of stages that succeeded (spec/dvc-pipelines.md §11.2)'
  },
  {
    scenario: 'repro: an out that git tracks',
    parts: ['tree', 'git'],
    why: 'dvc finds it only after the command overwrote the file; we refuse before (N29)'
  },
  {
    scenario: 'repro: executable outs and deps',
    parts: ['tree'],
    why: 'dvc makes 0755 of a fresh file 0744; the mode that the command set stays with us (spec/dvc-data.md §10, Q2)'
  },
  {
    scenario: 'repro: params in YAML',
    parts: ['tree'],
    why: 'a value tracked under two keys becomes an alias in the lock of dvc; the parsed lock is equal (spec/dvc-pipelines.md §2.4)'
  },
  {
    scenario: 'repro: text on the screen',
    parts: ['stdout'],
    why: 'the hint names our own command, and the files in order'
  },
  {
    scenario: 'add: an executable',
    parts: ['tree'],
    why: 'dvc rewrites a file and makes 0755 of it 0744; the workspace file keeps its mode with us (spec/dvc-data.md §10, Q2)'
  },
  {
    scenario: 'checkout: an executable',
    parts: ['tree'],
    why: 'the same: the mode that the file had when it was added'
  },
  {
    scenario: 'add: copies',
    parts: ['tree'],
    why: 'dvc opens a private file (0600) to everyone (0644); the workspace file keeps its mode with us (Q2)'
  },
  {
    scenario: 'add: a file without permission to write',
    parts: ['tree'],
    why: 'dvc makes a read-only file writable; the workspace file keeps its mode with us (Q2)'
  },
  {
    scenario: 'add: outside of the project',
    parts: ['tree'],
    why: 'the inner repository is part of the tree, and each tool packs git objects in its own way'
  },
  {
    scenario: 'checkout: empty folders stay',
    parts: ['tree', 'stdout'],
    why: 'dvc removes an empty folder that somebody made inside of the data; it is not ours to remove (spec/dvc-data.md §4.6)'
  },
  {
    scenario: 'root: with --cd',
    parts: ['stdout'],
    why: 'dvc prints its help behind the error; ours is on stderr and in our own words'
  },
  {
    scenario: 'status: nothing tracked',
    parts: ['stdout'],
    why: 'dvc names a page of its own to get started with'
  }
];

function mapTree(answer: Comparable, change: (path: string, line: string) => string): Comparable {
  const tree = Object.fromEntries(Object.entries(answer.tree).map(([path, line]) => [path, change(path, line)]));
  return { ...answer, tree };
}

/** The parts of an answer that are compared in this scenario. */
export function comparable(name: string, answers: Comparable[]): Partial<Comparable>[] {
  const known = differences.filter(each =>
    each.scenario.endsWith('*') ? name.startsWith(each.scenario.slice(0, -1)) : each.scenario === name
  );
  const left = new Set(known.flatMap(each => each.parts));
  return answers.map(answer => {
    const { args, exit, json, stdout, tree, git } = normalisations.reduce((done, each) => each.apply(done), answer);
    const parts = { args, exit, json, stdout, tree, git };
    return Object.fromEntries(
      Object.entries(parts).filter(([part, value]) => value !== undefined && !left.has(part as keyof Comparable))
    );
  });
}
