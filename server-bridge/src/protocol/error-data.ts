import { z } from 'zod';

/**
 * A `CellarError` as it travels. Apart from the class: what throws errors does not pay for the schema library, which
 * costs a short command tens of milliseconds and megabytes (guide/performance.md §2.7).
 */
export const ErrorData = z.object({
  code: z.string().regex(/^E_[A-Z0-9_]+$/),
  message: z.string(),
  next: z.string().optional(),
  exit: z.number().int().default(255),
  /** Where it is: a project path, a cell, a line; every part optional. */
  at: z
    .object({
      path: z.string().optional(),
      line: z.number().int().optional(),
      cell: z.number().int().optional(),
      stage: z.string().optional()
    })
    .optional(),
  /** Facts for the UI (names, paths, pids), never a stack. */
  data: z.record(z.string(), z.unknown()).optional()
});
export type ErrorData = z.infer<typeof ErrorData>;
