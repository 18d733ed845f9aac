import { z } from 'zod';
import { MimeBundle } from './recorded.js';

/**
 * JSON lines that the runner writes to `CELLAR_EVENTS` (N44): a path, or `fd:N`. One object a line.
 * `block` counts the stage's own blocks from 0; -1 is the time before the first (slice and inputs) and after the last (outs).
 */
const base = { v: z.literal(1), block: z.number().int() };

export const RunnerEvent = z.discriminatedUnion('event', [
  z.strictObject({ ...base, event: z.literal('cell-start') }),
  z.strictObject({ ...base, event: z.literal('stream'), name: z.enum(['stdout', 'stderr']), text: z.string() }),
  z.strictObject({
    ...base,
    event: z.literal('display'),
    /** `execute_result` for the value of a block's last expression. */
    kind: z.enum(['display_data', 'execute_result']),
    data: MimeBundle,
    metadata: z.record(z.string(), z.unknown()),
    /** Set when the block used `display(..., display_id=…)`; `update` replaces the earlier output of that id. */
    display_id: z.string().optional(),
    update: z.boolean().optional()
  }),
  z.strictObject({ ...base, event: z.literal('clear'), wait: z.boolean() }),
  z.strictObject({
    ...base,
    event: z.literal('error'),
    /** E_… when the runner refuses (unsavable variable, undeclared file …), absent when user code raised. */
    code: z.string().optional(),
    next: z.string().optional(),
    ename: z.string(),
    evalue: z.string(),
    traceback: z.array(z.string()),
    /** Line in the script where it happened, 1-based; null when outside the script. */
    line: z.number().int().nullable(),
    /** Names, paths and kinds that the UI turns into fixes. */
    data: z.record(z.string(), z.unknown()).optional()
  }),
  z.strictObject({ ...base, event: z.literal('cell-done'), seconds: z.number() }),
  z.strictObject({
    ...base,
    event: z.literal('done'),
    ok: z.boolean(),
    /** Facts that stay outside git (N45): seconds, peak memory in bytes, interpreter, platform, distributions and their versions. */
    facts: z.record(z.string(), z.unknown()),
    /** Project files read and written, and modules of the project imported; paths relative to the working directory. */
    reads: z.array(z.string()),
    writes: z.array(z.string()),
    modules: z.array(z.string()),
    undeclared: z.array(z.string()),
    mutated: z.array(z.string())
  })
]);
export type RunnerEvent = z.infer<typeof RunnerEvent>;
