import { z } from 'zod';
import { CellTag, OutKind } from './tag.js';

/**
 * One change of a notebook that the browser applies; a list of them is one undo step.
 * Cells are addressed by index in the notebook as the bridge saw it; `id` is a check, not an identity.
 */
export const NotebookEdit = z.discriminatedUnion('edit', [
  /** `tag: null` deletes the tag. */
  z.strictObject({
    edit: z.literal('tag'),
    cell: z.number().int(),
    id: z.string().nullable(),
    tag: CellTag.nullable()
  }),
  z.strictObject({ edit: z.literal('source'), cell: z.number().int(), id: z.string().nullable(), source: z.string() }),
  z.strictObject({ edit: z.literal('insert'), cell: z.number().int(), source: z.string(), tag: CellTag.nullable() }),
  z.strictObject({ edit: z.literal('move'), cell: z.number().int(), id: z.string().nullable(), to: z.number().int() }),
  /** Sets or deletes (`null`) one key of `notebook.metadata.cellar`. */
  z.strictObject({ edit: z.literal('metadata'), key: z.string(), value: z.unknown() })
]);
export type NotebookEdit = z.infer<typeof NotebookEdit>;

/** A button: edits of the notebook, or a request to the engine (`problem/fix`), or a Lab command; exactly one of them. */
export const Fix = z.strictObject({
  label: z.string(),
  edits: z.array(NotebookEdit).optional(),
  action: z.strictObject({ method: z.string(), params: z.record(z.string(), z.unknown()) }).optional(),
  command: z.strictObject({ id: z.string(), args: z.record(z.string(), z.unknown()) }).optional()
});
export type Fix = z.infer<typeof Fix>;

export const Problem = z.strictObject({
  code: z.string().regex(/^E_[A-Z0-9_]+$|^W_[A-Z0-9_]+$/),
  severity: z.enum(['error', 'warning', 'hint']),
  message: z.string(),
  next: z.string().optional(),
  /** Notebook path in the project, null for the project's own problems. */
  notebook: z.string().nullable(),
  cell: z.number().int().nullable(),
  /** Line in the cell, 1-based. */
  line: z.number().int().optional(),
  stage: z.string().optional(),
  path: z.string().optional(),
  fixes: z.array(Fix)
});
export type Problem = z.infer<typeof Problem>;

/** What a stage reads or writes, as the popover lists it. */
export const Found = z.strictObject({
  kind: z.enum(['variable', 'file', 'module', 'param']),
  name: z.string(),
  /** Producer stage, or how it is read (`pd.read_csv`, line 2). */
  how: z.string(),
  cell: z.number().int().nullable(),
  line: z.number().int().nullable(),
  /** For files written. */
  outKind: OutKind.optional(),
  /** Added by the user's tag, not found in the code. */
  added: z.boolean(),
  /** Excluded by the user (`ignore`). */
  excluded: z.boolean()
});
export type Found = z.infer<typeof Found>;

export const StageFound = z.strictObject({ inputs: z.array(Found), outputs: z.array(Found) });
export type StageFound = z.infer<typeof StageFound>;
