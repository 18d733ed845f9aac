export interface ScheduleOptions<T> {
  /** How many at the same time. */
  jobs: number;
  /** What must have ended before an item begins; items that are not in the schedule do not count. */
  after: (item: T) => readonly T[];
  /** No further item begins once this is true. */
  stopped: () => boolean;
  work: (item: T) => Promise<void>;
}

/**
 * Work through `items`, which are in an order that satisfies `after`. With one job exactly in that order; with more,
 * the first item whose predecessors have ended begins as soon as there is room. `work` handles its own errors.
 */
export async function schedule<T>(items: readonly T[], options: ScheduleOptions<T>): Promise<void> {
  const waiting = [...items];
  const unfinished = new Set(items);
  const running = new Set<Promise<void>>();
  const ready = (): number =>
    options.jobs === 1
      ? running.size === 0 && waiting.length > 0
        ? 0
        : -1
      : waiting.findIndex(item => options.after(item).every(each => each === item || !unfinished.has(each)));
  for (;;) {
    while (!options.stopped() && running.size < options.jobs) {
      const at = ready();
      const item = at < 0 ? undefined : waiting.splice(at, 1)[0];
      if (item === undefined) {
        break;
      }
      const job = options.work(item).finally(() => {
        unfinished.delete(item);
        running.delete(job);
      });
      running.add(job);
    }
    if (running.size === 0) {
      return;
    }
    await Promise.race(running);
  }
}
