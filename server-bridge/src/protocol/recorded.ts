import { z } from 'zod';

/** A mime bundle as nbformat 4.5 holds it: text as one string, JSON mimes as JSON, binary as base64. */
export const MimeBundle = z.record(z.string(), z.unknown());

export const OutputItem = z.discriminatedUnion('output_type', [
  z.strictObject({ output_type: z.literal('stream'), name: z.enum(['stdout', 'stderr']), text: z.string() }),
  z.strictObject({
    output_type: z.literal('display_data'),
    data: MimeBundle,
    metadata: z.record(z.string(), z.unknown())
  }),
  z.strictObject({
    output_type: z.literal('execute_result'),
    data: MimeBundle,
    metadata: z.record(z.string(), z.unknown())
  }),
  z.strictObject({
    output_type: z.literal('error'),
    ename: z.string(),
    evalue: z.string(),
    traceback: z.array(z.string())
  })
]);
export type OutputItem = z.infer<typeof OutputItem>;

/**
 * `.cellar/<notebook>/outputs/<stage>.json` (N45): deterministic, so no times, counts or addresses.
 * Written as JSON with sorted keys, indent 1, a newline at the end.
 */
export const RecordedOutput = z.strictObject({
  schema: z.literal('cellar.recorded-output'),
  v: z.literal(1),
  /** The script's text without line 1 (the lock has only an MD5; diffs and reasons need the text). */
  script: z.string(),
  /** Outputs of each block, in order. */
  blocks: z.array(z.array(OutputItem)),
  /** Input variables whose value changed while the stage ran (N38), sorted. */
  mutated: z.array(z.string()),
  /** Pairs of saved variables that share memory (N38), each pair and the list sorted. */
  shared: z.array(z.tuple([z.string(), z.string()])),
  /** Reads that were not declared: project paths, or kinds such as `network`, `environ:HOME`, `outside`; sorted. */
  undeclared: z.array(z.string()),
  /** Format in which each variable out was kept (N39). */
  formats: z.record(z.string(), z.enum(['json', 'parquet', 'npy', 'npz', 'pickle']))
});
export type RecordedOutput = z.infer<typeof RecordedOutput>;
