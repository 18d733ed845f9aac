import { dirname, sep } from 'node:path';
import { CellarError } from '../protocol/errors.js';
import { findCycle } from './cycle.js';
import { isImport, stageText, addressOf, type Stage, type StageOut } from './stage.js';

/** One out and the stage that makes it. */
export interface Made {
  out: StageOut;
  stage: Stage;
}

/** Who depends on whom. Both maps hold every stage; neighbours are in the order in which they were found. */
export interface Graph {
  stages: readonly Stage[];
  /** Stage → stages that make what it reads. */
  upstream: ReadonlyMap<Stage, readonly Stage[]>;
  /** Stage → stages that read what it makes. */
  downstream: ReadonlyMap<Stage, readonly Stage[]>;
  /** Outs that hold, equal or lie under an absolute path. */
  outsAt: (abs: string) => Made[];
}

export interface GraphOptions {
  /** Directory that addresses and paths in messages are relative to. */
  cwd: string;
  /** How a path is shown. */
  shown: (abs: string) => string;
}

/**
 * Build the graph of all stages (spec/dvc-pipelines.md §4.1).
 * @throws `E_DUPLICATE_OUT`, `E_OVERLAPPING_OUTS`, `E_STAGE_IN_OUT`, `E_CYCLE`, with DVC's sentences (§4.2)
 */
export function buildGraph(stages: readonly Stage[], options: GraphOptions): Graph {
  const outs = indexOuts(stages, options);
  for (const stage of stages) {
    const holder = outs.holding(stage.file)[0];
    if (holder) {
      throw new CellarError(
        'E_STAGE_IN_OUT',
        `${stageText(stage, options.cwd)} is within an output '${options.shown(holder.out.abs)}' of another stage`,
        { next: 'Move the stage file out of the tracked directory.', at: { path: stage.file } }
      );
    }
  }
  const upstream = new Map<Stage, Stage[]>(stages.map(stage => [stage, []]));
  const downstream = new Map<Stage, Stage[]>(stages.map(stage => [stage, []]));
  for (const stage of stages.filter(each => !isRepoImport(each))) {
    const deps = [...stage.deps.filter(dep => !dep.path.startsWith('ds://')), ...stage.params];
    const makers = new Set(deps.flatMap(dep => outs.at(dep.abs).map(made => made.stage)));
    upstream.set(stage, [...makers]);
    makers.forEach(maker => downstream.get(maker)?.push(stage));
  }
  refuseCycle(stages, upstream, options);
  return { stages, upstream, downstream, outsAt: outs.at };
}

/** Imports of another repository and of a database take nothing from this project. */
function isRepoImport(stage: Stage): boolean {
  const extra = isImport(stage) ? stage.deps[0]?.recorded?.extra : undefined;
  return extra !== undefined && (extra.has('repo') || extra.has('db'));
}

function refuseCycle(stages: readonly Stage[], upstream: Map<Stage, Stage[]>, { cwd }: GraphOptions): void {
  const cycle = findCycle(stages, stage => upstream.get(stage) ?? []);
  if (cycle !== null) {
    const names = cycle.map(stage => addressOf(stage, cwd));
    throw new CellarError(
      'E_CYCLE',
      `Same item(s) are defined as both a dependency and an output in ${names.length === 1 ? 'stage' : 'stages'}: ${names.join(', ')}.`,
      {
        next: 'Take one of these stages out of the circle: let it write another file, or read an earlier one.',
        at: { path: cycle[0]?.file, stage: names[0] },
        data: { stages: cycle.map(stage => stage.id) }
      }
    );
  }
}

interface OutIndex {
  /** Outs that are the path or hold it, the outermost first. */
  holding: (abs: string) => Made[];
  at: (abs: string) => Made[];
}

function indexOuts(stages: readonly Stage[], options: GraphOptions): OutIndex {
  const exact = new Map<string, Made>();
  /** Directory → outs somewhere below it, in the order of the stages. */
  const below = new Map<string, Made[]>();
  const holding = (abs: string): Made[] => {
    const found: Made[] = [];
    for (let at = abs; ; at = dirname(at)) {
      const made = exact.get(at);
      if (made) {
        found.unshift(made);
      }
      if (dirname(at) === at) {
        return found;
      }
    }
  };
  for (const stage of stages) {
    for (const out of stage.outs) {
      const made = { out, stage };
      const twin = exact.get(out.abs);
      if (twin) {
        throw duplicate(out, [stage, twin.stage], options);
      }
      const inner = below.get(out.abs)?.[0];
      const outer = holding(out.abs)[0];
      if (inner || outer) {
        throw overlap(outer ?? made, inner ?? made, options);
      }
      exact.set(out.abs, made);
      for (let at = dirname(out.abs); dirname(at) !== at; at = dirname(at)) {
        const list = below.get(at);
        if (list) {
          list.push(made);
        } else {
          below.set(at, [made]);
        }
      }
    }
  }
  return {
    holding,
    at: abs => {
      const path = abs.endsWith(sep) && abs.length > 1 ? abs.slice(0, -1) : abs;
      return [...holding(path), ...(below.get(path) ?? [])];
    }
  };
}

function duplicate(out: StageOut, stages: Stage[], { cwd, shown }: GraphOptions): CellarError {
  const distinct = [...new Set(stages)];
  const names = distinct.map(stage => addressOf(stage, cwd));
  const head = `output '${shown(out.abs)}' is`;
  const text =
    distinct.length === 1
      ? `${head} already specified in stage: '${names[0]}'.\nUse \`dvc remove ${names[0]}\` to stop tracking the overlapping output.`
      : `${head} specified in:\n${names.map(name => `\t- ${name}`).join('\n')}\nUse \`dvc remove\` with any of the above targets to stop tracking the overlapping output.`;
  return new CellarError('E_DUPLICATE_OUT', text, {
    next: 'Let each file be written by one stage only.',
    at: { path: out.abs, stage: names[0] },
    data: { stages: distinct.map(stage => stage.id) }
  });
}

function overlap(outer: Made, inner: Made, { cwd, shown }: GraphOptions): CellarError {
  const line = ({ out, stage }: Made): string => `'${shown(out.abs)}'('${addressOf(stage, cwd)}')`;
  return new CellarError(
    'E_OVERLAPPING_OUTS',
    `The output paths:\n${line(outer)}\n${line(inner)}\noverlap and are thus in the same tracked directory.\n` +
      'To keep reproducibility, outputs should be in separate tracked directories or tracked individually.',
    {
      next: `Write '${shown(inner.out.abs)}' outside of '${shown(outer.out.abs)}', or stop tracking that directory.`,
      at: { path: inner.out.abs, stage: addressOf(inner.stage, cwd) },
      data: { stages: [outer.stage.id, inner.stage.id], paths: [outer.out.abs, inner.out.abs] }
    }
  );
}
