/**
 * The whole contract between browser and bridge: JSON-RPC 2.0 over one WebSocket a tab (design.md §3).
 * Every request has a schema for params and result; both sides check against this table. Paths named `path` are contents
 * paths of Jupyter (POSIX, relative to its root, no drive); the bridge maps them with the root it got at start.
 * A frame is at most 1 MiB: a larger message travels as numbered parts (`Part`, N51).
 */
import { z } from 'zod';
import { ErrorData } from './error-data.js';
import { Job, JobEvent } from './job.js';
import { Problem, NotebookEdit, StageFound } from './analysis.js';
import { Mark, Plan, Reason, StageState } from './state.js';
import { OutputItem } from './recorded.js';

export const MAX_FRAME = 1024 * 1024;

/** One part of a message that is longer than `MAX_FRAME`; `data` is a slice of the message's JSON text. */
export const Part = z.strictObject({
  part: z.tuple([z.string(), z.number().int(), z.number().int()]),
  data: z.string()
});
export type Part = z.infer<typeof Part>;

/** A cell as the tab has it in memory. Markdown and raw cells keep their place with an empty source. */
export const WireCell = z.strictObject({
  type: z.enum(['code', 'markdown', 'raw']),
  id: z.string().nullable(),
  source: z.string(),
  /** `cell.metadata.cellar`, unchecked: the bridge reports a malformed tag as a problem. */
  tag: z.unknown().optional(),
  /** `metadata.tags`, for papermill's `parameters`. */
  tags: z.array(z.string())
});
export type WireCell = z.infer<typeof WireCell>;

export const CellDelta = z.strictObject({
  start: z.number().int().nonnegative(),
  remove: z.number().int().nonnegative(),
  insert: z.array(WireCell)
});
export type CellDelta = z.infer<typeof CellDelta>;

export const KernelInfo = z.strictObject({
  /** Kernelspec name. */
  name: z.string().nullable(),
  language: z.string().nullable(),
  /** `sys.executable` as the live kernel said, null when it could not be asked (N48). */
  executable: z.string().nullable()
});
export type KernelInfo = z.infer<typeof KernelInfo>;

export const ProjectView = z.strictObject({
  /** none: no `.dvc/` upward. */
  state: z.enum(['none', 'ready', 'broken']),
  /** Absolute path, for the eye. */
  root: z.string().nullable(),
  name: z.string().nullable(),
  git: z
    .strictObject({ root: z.string(), branch: z.string().nullable(), ahead: z.number().int().nullable() })
    .nullable(),
  /** Where *Start versioning data here* would make it: the git root, or this folder with `--subdir`. */
  start: z.strictObject({ gitInit: z.boolean(), root: z.string(), subdir: z.string().nullable() }).nullable(),
  trust: z.enum(['trusted', 'restricted']),
  error: ErrorData.nullable(),
  stages: z.array(
    z.strictObject({
      address: z.string(),
      name: z.string(),
      notebook: z.string().nullable(),
      state: StageState,
      marks: z.array(Mark),
      reasons: z.array(Reason)
    })
  ),
  problems: z.array(Problem),
  /** Jobs that are not ended, and interrupted ones. */
  jobs: z.array(Job),
  /** Files of notebooks' stages that belong into git and are not in its index (N11); paths in the project. */
  unadded: z.array(z.string())
});
export type ProjectView = z.infer<typeof ProjectView>;

export const StageView = z.strictObject({
  name: z.string(),
  address: z.string(),
  state: StageState,
  marks: z.array(Mark),
  reasons: z.array(Reason),
  /** Indices of its cells, in order. */
  cells: z.array(z.number().int()),
  expected: z.number().nullable(),
  frozen: z.boolean(),
  always: z.boolean(),
  found: StageFound,
  /** MD5 of the recorded output in the lock: a tab compares it with what it has shown (N56). */
  recorded: z.string().nullable()
});
export type StageView = z.infer<typeof StageView>;

export const CellView = z.strictObject({
  role: z.enum(['stage', 'setup', 'params', 'exclude', 'automatic', 'scratch', 'none']),
  stage: z.string().nullable(),
  /** *file says 0.2* of a params cell (N32). */
  params: z.array(z.strictObject({ name: z.string(), key: z.string(), cell: z.string(), file: z.string() }))
});
export type CellView = z.infer<typeof CellView>;

/** What the bridge knows of one open notebook; sent whole whenever it changed (it is small: no sources, no outputs). */
export const NotebookView = z.strictObject({
  doc: z.string(),
  /** The version of the tab's text that this answers. */
  version: z.number().int(),
  project: z.string().nullable(),
  trust: z.enum(['trusted', 'restricted']),
  stages: z.array(StageView),
  cells: z.array(CellView),
  problems: z.array(Problem),
  /** Why compile to disk is blocked (N51), null when it is not. */
  held: ErrorData.nullable(),
  /** The running or newest job of this notebook. */
  job: Job.nullable()
});
export type NotebookView = z.infer<typeof NotebookView>;

export const RecordedStage = z.strictObject({
  stage: z.string(),
  /** MD5 of the recorded output file. */
  md5: z.string(),
  /** For each of the stage's cells: its index, the MD5 of the source it was recorded from if known, and its outputs. */
  cells: z.array(z.strictObject({ cell: z.number().int(), source: z.string(), outputs: z.array(OutputItem) })),
  /** False when the outputs came from elsewhere: they stay untrusted (N57). */
  madeHere: z.boolean()
});
export type RecordedStage = z.infer<typeof RecordedStage>;

export const LoadPlan = z.strictObject({
  /** Python code for the kernel, silent; prints nothing, leaves a JSON summary in the expression `__cellar_loaded__`. */
  code: z.string(),
  variables: z.array(
    z.strictObject({
      name: z.string(),
      stage: z.string(),
      bytes: z.number(),
      format: z.string(),
      /** Pickles run code when loaded (N59). */
      pickle: z.boolean()
    })
  ),
  missing: z.array(z.strictObject({ name: z.string(), stage: z.string(), reason: z.string() })),
  stages: z.array(z.string())
});
export type LoadPlan = z.infer<typeof LoadPlan>;

export const Review = z.strictObject({
  root: z.string(),
  digest: z.string(),
  commands: z.array(z.strictObject({ address: z.string(), command: z.string() })),
  hosts: z.array(z.string()),
  writes: z.array(z.string()),
  odd: z.array(z.string()),
  /**
   * What changed since the project was trusted here; null when it never was. `before` and `after` are commands, or empty for
   * files; null for what was not, or is not any more.
   */
  changed: z
    .array(
      z.strictObject({
        what: z.enum(['command', 'file']),
        name: z.string(),
        before: z.string().nullable(),
        after: z.string().nullable()
      })
    )
    .nullable()
});
export type Review = z.infer<typeof Review>;

const nothing = z.strictObject({});
const doc = z.strictObject({ doc: z.string() });

export const RunMode = z.enum(['all', 'to', 'only', 'force']);
export type RunMode = z.infer<typeof RunMode>;

/** Requests of the browser: name → params, result. Method names are `noun/verb`. */
export const Requests = {
  hello: {
    params: z.strictObject({ protocol: z.number().int(), client: z.string() }),
    result: z.strictObject({
      protocol: z.number().int(),
      version: z.string(),
      node: z.string(),
      root: z.string().nullable()
    })
  },
  'project/get': {
    /** `again`: every file is looked at anew, for where changes are not told (N52). */
    params: z.strictObject({ path: z.string(), again: z.boolean().optional() }),
    result: ProjectView
  },
  'project/start': {
    params: z.strictObject({ path: z.string(), gitInit: z.boolean(), subdir: z.boolean() }),
    result: ProjectView
  },
  'project/review': { params: z.strictObject({ path: z.string() }), result: Review },
  'project/trust': {
    params: z.strictObject({ path: z.string(), digest: z.string(), scope: z.enum(['code', 'remotes']) }),
    result: ProjectView
  },
  'notebook/open': {
    params: z.strictObject({
      path: z.string(),
      /** SHA-256 of the notebook file's text as the tab loaded it; null for a new one (N51). */
      base: z.string().nullable(),
      version: z.number().int(),
      metadata: z.unknown().optional(),
      kernel: KernelInfo,
      cells: z.array(WireCell)
    }),
    result: NotebookView
  },
  'notebook/change': {
    params: z.strictObject({
      doc: z.string(),
      version: z.number().int(),
      deltas: z.array(CellDelta),
      metadata: z.unknown().optional(),
      kernel: KernelInfo.optional()
    }),
    result: nothing
  },
  /** After a save: the new base. Compiles to disk (N12). */
  'notebook/saved': { params: z.strictObject({ doc: z.string(), path: z.string() }), result: NotebookView },
  'notebook/close': { params: doc, result: nothing },
  /** The chip's popover while the user types: what tagging these cells so would mean. Changes nothing. */
  'notebook/preview': {
    params: z.strictObject({ doc: z.string(), cells: z.array(z.number().int()), tag: z.unknown().optional() }),
    result: z.strictObject({ found: StageFound.nullable(), problems: z.array(Problem), names: z.array(z.string()) })
  },
  /** *Tag the cells this needs* (N21): what each cell would become; Nothing runs. */
  'notebook/needs': {
    params: z.strictObject({ doc: z.string(), stage: z.string() }),
    result: z.strictObject({
      cells: z.array(
        z.strictObject({
          cell: z.number().int(),
          begins: z.string(),
          makes: z.array(z.string()),
          role: z.enum(['stage', 'setup', 'params']),
          stage: z.string().nullable()
        })
      ),
      edits: z.array(NotebookEdit)
    })
  },
  'stage/options': {
    params: z.strictObject({ doc: z.string(), stage: z.string(), frozen: z.boolean(), always: z.boolean() }),
    result: NotebookView
  },
  /** N5: moves scripts, variables, outputs and entries; the edits are for the tab, one undo step. */
  'stage/rename': {
    params: z.strictObject({ doc: z.string(), stage: z.string(), to: z.string() }),
    result: z.strictObject({ edits: z.array(NotebookEdit) })
  },
  'stage/script': {
    params: z.strictObject({ doc: z.string(), stage: z.string() }),
    result: z.strictObject({ text: z.string(), recorded: z.string().nullable() })
  },
  /** Runs the engine's part of a fix; the method and params are those of the fix. */
  'problem/fix': {
    params: z.strictObject({
      doc: z.string().nullable(),
      path: z.string(),
      method: z.string(),
      params: z.unknown().optional()
    }),
    result: z.strictObject({ edits: z.array(NotebookEdit) })
  },
  'plan/make': {
    params: z.strictObject({ doc: z.string(), mode: RunMode, stage: z.string().nullable() }),
    result: Plan
  },
  'run/start': {
    params: z.strictObject({ doc: z.string(), mode: RunMode, stage: z.string().nullable(), clientId: z.string() }),
    result: Job
  },
  'run/stop': { params: z.strictObject({ job: z.string(), path: z.string() }), result: Job },
  /** All events of a job after `from`; later ones arrive as `job/event`. */
  'job/replay': {
    params: z.strictObject({ job: z.string(), path: z.string(), from: z.number().int() }),
    result: z.strictObject({ job: Job, events: z.array(JobEvent) })
  },
  'outputs/recorded': {
    params: z.strictObject({ doc: z.string() }),
    result: z.strictObject({ stages: z.array(RecordedStage) })
  },
  /** N59. `cell` is the index of the cell whose chip or toolbar asked. */
  'results/load': { params: z.strictObject({ doc: z.string(), cell: z.number().int() }), result: LoadPlan }
} as const;

/** Notifications of the bridge: name → params. */
export const Notifications = {
  'notebook/view': NotebookView,
  'project/view': z.strictObject({ path: z.string(), view: ProjectView }),
  'job/event': z.strictObject({ job: z.string(), notebook: z.string().nullable(), event: JobEvent }),
  /** Something for a person at once; not tied to a document. */
  notice: z.strictObject({
    severity: z.enum(['info', 'warning', 'error']),
    text: z.string(),
    next: z.string().nullable()
  })
} as const;

export type RequestName = keyof typeof Requests;
export type RequestParams<N extends RequestName> = z.infer<(typeof Requests)[N]['params']>;
export type RequestResult<N extends RequestName> = z.infer<(typeof Requests)[N]['result']>;
export type NotificationName = keyof typeof Notifications;
export type NotificationParams<N extends NotificationName> = z.infer<(typeof Notifications)[N]>;

/** JSON-RPC error code for a `CellarError`; its `data` is an `ErrorData`. */
export const RPC_CELLAR_ERROR = -32000;
