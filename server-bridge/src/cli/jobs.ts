/** The number of `-j`. @throws for anything but a whole number above zero */
export function parseJobs(text: string): number {
  const jobs = Number(text);
  if (!Number.isInteger(jobs) || jobs < 1) {
    throw new Error(`error: argument -j/--jobs: invalid number '${text}'`);
  }
  return jobs;
}
