/** Stands for vitest in the program that is killed: there is no test to clean up after. */
export function onTestFinished(): void {
  return;
}
