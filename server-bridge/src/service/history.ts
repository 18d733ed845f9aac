import { join } from 'node:path';
import { z } from 'zod';
import { mkdirSync, readTextIfSync } from '../io/files.js';
import { publishFile } from '../io/publish.js';

/**
 * What earlier runs took, kept outside git (N45): seconds of the newest runs of each stage, and the facts of the newest one.
 * It may be lost; then a plan knows no times.
 */
const Entry = z.strictObject({
  seconds: z.array(z.number()),
  /** Interpreter, platform, versions of distributions … as the runner told them. */
  facts: z.record(z.string(), z.unknown()),
  /** MD5 of the recorded output that this run here made: its outputs are trusted (N57). */
  made: z.string().nullable(),
  /** Newest results with what each has read undeclared: key of the result's outs, hashes by path in the project (N28). */
  reads: z.array(z.strictObject({ made: z.string(), files: z.record(z.string(), z.string()) })).default([])
});
export type HistoryEntry = z.infer<typeof Entry>;
const History = z.strictObject({ v: z.literal(1), stages: z.record(z.string(), Entry) });

const KEPT = 5;

function historyPath(tmpDir: string): string {
  return join(tmpDir, 'cellar', 'history.json');
}

/** Address of a stage → its history. */
export function readHistory(tmpDir: string): Record<string, HistoryEntry> {
  const text = readTextIfSync(historyPath(tmpDir));
  if (text === null) {
    return {};
  }
  try {
    return History.parse(JSON.parse(text)).stages;
  } catch {
    return {};
  }
}

/** Median of the newest runs, in seconds; null when the stage never ran here. */
export function expectedSeconds(entry: HistoryEntry | undefined): number | null {
  if (entry === undefined || entry.seconds.length === 0) {
    return null;
  }
  const sorted = [...entry.seconds].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

export function recordRun(
  tmpDir: string,
  address: string,
  run: {
    seconds: number;
    facts: Record<string, unknown>;
    made: string | null;
    /** `key` tells the result (`resultKey`); null where it cannot be told. */
    reads: { key: string | null; files: Record<string, string> };
  }
): void {
  const stages = readHistory(tmpDir);
  const before = stages[address];
  const { key, files } = run.reads;
  const others = (before?.reads ?? []).filter(each => each.made !== key);
  const next: HistoryEntry = {
    seconds: [run.seconds, ...(before?.seconds ?? [])].slice(0, KEPT),
    facts: run.facts,
    made: run.made,
    reads: [...(key === null ? [] : [{ made: key, files }]), ...others].slice(0, KEPT)
  };
  mkdirSync(join(tmpDir, 'cellar'));
  publishFile(historyPath(tmpDir), JSON.stringify({ v: 1, stages: { ...stages, [address]: next } }), {
    volatile: true
  });
}
