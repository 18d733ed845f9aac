import { z } from 'zod';

/** Types of a parameter as the params cell wrote it (DVC holds 1, 1.0 and true equal, so the header keeps the type). */
export const ParamType = z.enum(['none', 'bool', 'int', 'float', 'str', 'list', 'dict']);
export type ParamType = z.infer<typeof ParamType>;

/**
 * Line 1 of a stage script (N9): `# cellar: ` followed by this object as JSON on one line, keys in this order, ASCII-escaped.
 * Line 2 is `# fmt: off  # ruff: noqa  # isort: skip_file`. Then the slice in notebook order, then the stage's cells,
 * each under a line `# %%`. Lines are counted from 1 in the whole file.
 */
export const ScriptHeader = z.strictObject({
  v: z.literal(1),
  /** Number of the runner's semantics (N47). */
  semantics: z.number().int().positive(),
  /** The notebook's path in the project, POSIX: DVC's run-cache key knows no folder. */
  notebook: z.string(),
  stage: z.string(),
  /** Variable in → variable file, relative to the working directory (the notebook's folder). */
  vars_in: z.record(z.string(), z.string()),
  /** Variable out → variable file. */
  vars_out: z.record(z.string(), z.string()),
  /** Declared files read and written, relative to the working directory, as the code spells them after templating. */
  files_in: z.array(z.string()),
  files_out: z.array(z.string()),
  /** Excluded by the user (`ignore` of N2): neither deps nor undeclared reads. */
  ignore: z.array(z.string()),
  /** Name in the code → key in params.yaml and type. */
  params: z.record(z.string(), z.strictObject({ key: z.string(), type: ParamType })),
  /** Recorded output file, relative to the working directory. */
  outputs: z.string(),
  /** First line of each block of the stage (the line after its `# %%`). */
  blocks: z.array(z.number().int().positive()),
  /** Variable out → index (from 0) of the last block that binds it: its type is checked right after that block (N37). */
  bound_in: z.record(z.string(), z.number().int().nonnegative()),
  /**
   * Variables in that may be one object by the text, and of which one is changed here: [name, name, recorded output file
   * of the stage whose run saw both]. The runner refuses the stage when that run saw them share (N38). Absent if none.
   */
  apart: z.array(z.tuple([z.string(), z.string(), z.string()])).optional(),
  /** MD5 of everything after line 1's newline. */
  md5: z.string().regex(/^[0-9a-f]{32}$/)
});
export type ScriptHeader = z.infer<typeof ScriptHeader>;

export const SCRIPT_HEADER_PREFIX = '# cellar: ';
export const SCRIPT_LINE_2 = '# fmt: off  # ruff: noqa  # isort: skip_file';
export const SCRIPT_BLOCK_MARK = '# %%';
