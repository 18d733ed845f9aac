/** Longest pause between two tries to connect, in milliseconds. */
const LONGEST = 30_000;

/** Pause before the n-th try to connect again (n from 0): 0.5 s, doubled each time, at most 30 s. */
export function backoff(tries: number): number {
  return Math.min(LONGEST, 500 * 2 ** Math.min(tries, 10));
}
