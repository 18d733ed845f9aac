import { z } from 'zod';
import { CellTag, NotebookTag, Role } from './tag.js';

/** How a finding counts: an error blocks its stage, a warning does not, a hint only advises. */
export const Severity = z.enum(['error', 'warning', 'hint']);
export type Severity = z.infer<typeof Severity>;

/** A cell by its place; `id` is nbformat's, where present, and only guards against an edit of a notebook that moved on. */
const cellAddress = { cell: z.number().int().nonnegative(), id: z.string().optional() };

/**
 * One change of the open notebook. The browser applies all edits of a fix as one undo step, in order.
 * Cells are addressed by their index at the time of the analysis; only `move-cell` shifts later edits of its list.
 */
export const NotebookEdit = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('set-tag'), ...cellAddress, tag: CellTag }),
  z.strictObject({ op: z.literal('delete-tag'), ...cellAddress }),
  z.strictObject({ op: z.literal('set-notebook-tag'), tag: NotebookTag }),
  /** Replaces lines `from`..`to` (0-based, `to` exclusive) of the cell's source by `text` (no newline at its end). */
  z.strictObject({
    op: z.literal('replace-lines'),
    ...cellAddress,
    from: z.number().int().nonnegative(),
    to: z.number().int().nonnegative(),
    text: z.string()
  }),
  z.strictObject({ op: z.literal('replace-source'), ...cellAddress, source: z.string() }),
  /** A new code cell that then stands at index `cell`. */
  z.strictObject({
    op: z.literal('insert-cell'),
    cell: z.number().int().nonnegative(),
    source: z.string(),
    tag: CellTag.optional()
  }),
  /** Moves the cell so that it then stands at index `to`. */
  z.strictObject({ op: z.literal('move-cell'), ...cellAddress, to: z.number().int().nonnegative() })
]);
export type NotebookEdit = z.infer<typeof NotebookEdit>;

/** A button: edits of the notebook, or a call of the bridge. */
export const Fix = z.union([
  z.strictObject({ label: z.string(), edits: z.array(NotebookEdit).min(1) }),
  z.strictObject({
    label: z.string(),
    action: z.strictObject({ method: z.string(), params: z.record(z.string(), z.unknown()) })
  })
]);
export type Fix = z.infer<typeof Fix>;

/** What the compiler refuses or remarks on, at the cell (`spec/notebook.md` N13–N40). */
export const Problem = z.strictObject({
  code: z.string().regex(/^E_[A-Z0-9_]+$/),
  message: z.string(),
  next: z.string().optional(),
  severity: Severity,
  /** Index of the cell; null for the notebook or a file as a whole. */
  cell: z.number().int().nonnegative().nullable(),
  /** First and last line in the cell, 0-based, inclusive. */
  line: z.number().int().nonnegative().optional(),
  endLine: z.number().int().nonnegative().optional(),
  stage: z.string().optional(),
  /** Project path of a file that the problem is about. */
  path: z.string().optional(),
  /** Another cell that the message names. */
  otherCell: z.number().int().nonnegative().optional(),
  fixes: z.array(Fix)
});
export type Problem = z.infer<typeof Problem>;

export const FoundKind = z.enum(['variable', 'file', 'param', 'module']);
export type FoundKind = z.infer<typeof FoundKind>;

/** One input or output that was found in the code or added in the tag (N23). */
export const Found = z.strictObject({
  kind: FoundKind,
  /** Name of the variable or parameter; path of the file or module, relative to the notebook's folder. */
  name: z.string(),
  /** Variable in: the stage that makes it. */
  from: z.string().optional(),
  /** `code` found in the code, `tag` added by the user, `previous` kept from the last compile (N9a). */
  how: z.enum(['code', 'tag', 'previous']),
  cell: z.number().int().nonnegative().optional(),
  line: z.number().int().nonnegative().optional(),
  /** In the tag's `ignore` list (N2). */
  excluded: z.boolean(),
  /** Outs only. */
  outKind: z.enum(['out', 'metric', 'plot']).optional()
});
export type Found = z.infer<typeof Found>;

/** Where a line of a stage script comes from: script lines count from 1, cell lines from 0. */
export const LineOrigin = z.strictObject({
  line: z.number().int().positive(),
  cell: z.number().int().nonnegative(),
  cellLine: z.number().int().nonnegative()
});
export type LineOrigin = z.infer<typeof LineOrigin>;

/** What the analysis says of one stage; facts of files and runs are not in it. */
export const StageAnalysis = z.strictObject({
  name: z.string(),
  /** Indices of its cells in notebook order; the chip stands on the first. */
  cells: z.array(z.number().int().nonnegative()),
  /** Cell of each block of the script, in order (a cell without code makes none). */
  blockCells: z.array(z.number().int().nonnegative()),
  /** Path of the script relative to the notebook's folder. */
  script: z.string(),
  /** Blocked: it cannot be compiled; the problems say why. */
  blocked: z.boolean(),
  /** Names of stages of this notebook whose blocking blocks this one, when it has no error of its own. */
  blockedBy: z.array(z.string()),
  inputs: z.array(Found),
  outputs: z.array(Found),
  /** Stages of this notebook that it reads from, sorted. */
  needs: z.array(z.string()),
  /** Names of setup and earlier stages in its slice, in notebook order (for reasons, N50). */
  slice: z.array(z.strictObject({ name: z.string(), cell: z.number().int().nonnegative() })),
  lines: z.array(LineOrigin)
});
export type StageAnalysis = z.infer<typeof StageAnalysis>;

export const CellAnalysis = z.strictObject({
  /** `scratch` and `automatic` (N3) for untagged code cells, `text` for cells that are not code. */
  role: z.union([Role, z.enum(['scratch', 'automatic', 'text'])]),
  stage: z.string().optional(),
  /** Names of the automatic setup found in an untagged cell. */
  automatic: z.array(z.string())
});
export type CellAnalysis = z.infer<typeof CellAnalysis>;

/** One parameter of the params cells (N31, N32). Values are JSON; `type` tells 1 from 1.0. */
export const ParamView = z.strictObject({
  name: z.string(),
  key: z.string(),
  cell: z.number().int().nonnegative(),
  line: z.number().int().nonnegative(),
  value: z.unknown(),
  type: z.enum(['none', 'bool', 'int', 'float', 'str', 'list', 'dict'])
});
export type ParamView = z.infer<typeof ParamView>;

/** The part of an analysis that crosses the wire. */
export const AnalysisView = z.strictObject({
  stages: z.array(StageAnalysis),
  cells: z.array(CellAnalysis),
  params: z.array(ParamView),
  problems: z.array(Problem)
});
export type AnalysisView = z.infer<typeof AnalysisView>;
