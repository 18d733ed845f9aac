import type { Graph } from './graph.js';
import type { Stage } from './stage.js';

export interface OrderOptions {
  /** Whole connected components of the targets. */
  pipeline?: boolean;
  /** From the targets towards what depends on them. */
  downstream?: boolean;
}

/**
 * Stages in the order in which they must be brought up to date: depth first, dependencies before dependents, ties as in
 * `dvc.yaml` (spec/dvc-pipelines.md §5.1). Without targets the whole graph. A frozen stage does not look at its deps.
 */
export function orderOf(graph: Graph, targets: readonly Stage[] | null, options: OrderOptions = {}): Stage[] {
  const toDeps = (stage: Stage): readonly Stage[] => (stage.frozen ? [] : (graph.upstream.get(stage) ?? []));
  if (targets === null || targets.length === 0) {
    return postOrder(graph.stages, toDeps);
  }
  if (options.pipeline) {
    const members = component(graph, targets, toDeps);
    return postOrder(
      graph.stages.filter(stage => members.has(stage)),
      toDeps
    );
  }
  if (!options.downstream) {
    const members = new Set(postOrder(targets, toDeps));
    return postOrder(
      graph.stages.filter(stage => members.has(stage)),
      toDeps
    );
  }
  const members = new Set(postOrder(targets, stage => dependents(graph, stage)));
  return postOrder(
    graph.stages.filter(stage => members.has(stage)),
    stage => toDeps(stage).filter(dep => members.has(dep))
  );
}

/** Stages that directly read what `stage` makes; a frozen stage reads nothing. */
export function dependents(graph: Graph, stage: Stage): Stage[] {
  return (graph.downstream.get(stage) ?? []).filter(each => !each.frozen);
}

/** Everything that depends on `stage`, nearest first, without itself. */
export function allDependents(graph: Graph, stage: Stage): Stage[] {
  return postOrder([stage], each => dependents(graph, each))
    .filter(each => each !== stage)
    .reverse();
}

function component(graph: Graph, targets: readonly Stage[], toDeps: (stage: Stage) => readonly Stage[]): Set<Stage> {
  return new Set(postOrder(targets, stage => [...toDeps(stage), ...dependents(graph, stage)]));
}

/** Depth-first post-order over any directed graph, every node once, without recursion. */
export function postOrder(starts: readonly Stage[], next: (stage: Stage) => readonly Stage[]): Stage[] {
  const order: Stage[] = [];
  const seen = new Set<Stage>();
  for (const start of starts) {
    const stack: { stage: Stage; rest: Stage[] }[] = [];
    const enter = (stage: Stage): void => {
      seen.add(stage);
      stack.push({ stage, rest: [...next(stage)] });
    };
    if (!seen.has(start)) {
      enter(start);
    }
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const stage = top.rest.shift();
      if (stage === undefined) {
        order.push(top.stage);
        stack.pop();
      } else if (!seen.has(stage)) {
        enter(stage);
      }
    }
  }
  return order;
}
