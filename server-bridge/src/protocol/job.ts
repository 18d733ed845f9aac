import { z } from 'zod';
import { ErrorData } from './error-data.js';
import { PlanItem } from './state.js';
import { RunnerEvent } from './runner-events.js';

export const JobState = z.enum(['queued', 'running', 'paused', 'done', 'failed', 'cancelled', 'interrupted']);
export type JobState = z.infer<typeof JobState>;

/** A run as kept in `.dvc/tmp/cellar/jobs/<id>/job.json` (N54). */
export const Job = z.strictObject({
  v: z.literal(1),
  id: z.string(),
  kind: z.enum(['reproduce', 'checkout', 'add', 'recover']),
  state: JobState,
  /** Notebook path in the project, POSIX, when the job is about one. */
  notebook: z.string().nullable(),
  /** ISO 8601 in UTC, for the eye only (I15). */
  started: z.string(),
  ended: z.string().nullable(),
  /** Who runs it: a live identity is host + boot id + pid + start time (I10). */
  owner: z.strictObject({ host: z.string(), boot: z.string(), pid: z.number().int(), start: z.string() }),
  /** Number of the newest event. */
  last: z.number().int(),
  error: ErrorData.nullable()
});
export type Job = z.infer<typeof Job>;

/** Where a block of a stage's script came from when the job started: the cell, and how its lines map (N9, N56). */
export const BlockMap = z.strictObject({
  cell: z.number().int(),
  /** nbformat cell id, a hint only (N1). */
  id: z.string().nullable(),
  /** MD5 of the cell's source as it was: outputs go into the cell only while this holds (N56). */
  source: z.string(),
  /** Line of the script for each line of the block → line of the cell, both 1-based. */
  lines: z.array(z.tuple([z.number().int(), z.number().int()]))
});
export type BlockMap = z.infer<typeof BlockMap>;

const numbered = { n: z.number().int() };

/** One line of `events.jsonl` of a job: numbered from 1, can be replayed from any number by any tab, server or CLI (N54). */
export const JobEvent = z.discriminatedUnion('type', [
  z.strictObject({ ...numbered, type: z.literal('state'), state: JobState, error: ErrorData.nullable() }),
  z.strictObject({ ...numbered, type: z.literal('plan'), items: z.array(PlanItem) }),
  z.strictObject({
    ...numbered,
    type: z.literal('stage'),
    address: z.string(),
    name: z.string(),
    step: z.enum(['queued', 'waiting', 'started', 'skipped', 'restored', 'saving', 'done', 'failed', 'not-run']),
    text: z.string().optional(),
    error: ErrorData.optional(),
    blocks: z.array(BlockMap).optional(),
    seconds: z.number().optional()
  }),
  /** An event of the runner for a notebook stage. */
  z.strictObject({ ...numbered, type: z.literal('runner'), address: z.string(), name: z.string(), event: RunnerEvent }),
  /** Plain output of a hand-written stage. */
  z.strictObject({
    ...numbered,
    type: z.literal('output'),
    address: z.string(),
    stream: z.enum(['stdout', 'stderr']),
    text: z.string()
  }),
  z.strictObject({
    ...numbered,
    type: z.literal('progress'),
    done: z.number(),
    total: z.number().nullable(),
    unit: z.enum(['files', 'bytes', 'stages']),
    text: z.string()
  })
]);
export type JobEvent = z.infer<typeof JobEvent>;
