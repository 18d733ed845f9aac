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
    scenario: 'repro: text on the screen',
    parts: ['stdout'],
    why: 'the hint names our own command, and the files in order'
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
