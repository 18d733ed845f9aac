/** A circle in a directed graph as the list of its nodes, or null. Works on any depth: no recursion. */
export function findCycle<T>(nodes: Iterable<T>, next: (node: T) => readonly T[]): T[] | null {
  const done = new Set<T>();
  for (const start of nodes) {
    const path: T[] = [];
    const onPath = new Set<T>();
    const stack: { node: T; rest: T[] }[] = [];
    const enter = (node: T): void => {
      path.push(node);
      onPath.add(node);
      stack.push({ node, rest: [...next(node)] });
    };
    if (!done.has(start)) {
      enter(start);
    }
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const node = top.rest.shift();
      if (node === undefined) {
        stack.pop();
        path.pop();
        onPath.delete(top.node);
        done.add(top.node);
      } else if (onPath.has(node)) {
        return path.slice(path.indexOf(node));
      } else if (!done.has(node)) {
        enter(node);
      }
    }
  }
  return null;
}
