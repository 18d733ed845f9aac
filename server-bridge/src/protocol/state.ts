import { z } from 'zod';

/** N49. The word is what the screen shows. */
export const StageState = z.enum([
  'checking',
  'fresh',
  'stale',
  'pending',
  'available',
  'queued',
  'running',
  'failed',
  'blocked'
]);
export type StageState = z.infer<typeof StageState>;

/** Marks beside a state (N49). `live` is known to the browser alone. */
export const Mark = z.enum(['undeclared reads', 'frozen', 'always', 'live']);
export type Mark = z.infer<typeof Mark>;

/** One reason (N50): a sentence with code names in backticks, and what it is about. */
export const Reason = z.strictObject({
  kind: z.enum([
    'cell',
    'definition',
    'dep',
    'out',
    'param',
    'command',
    'upstream',
    'never-run',
    'cache',
    'problem',
    'always',
    'lock',
    'environment'
  ]),
  text: z.string(),
  path: z.string().optional(),
  stage: z.string().optional()
});
export type Reason = z.infer<typeof Reason>;

/** What a plan does with a stage (N53). */
export const PlanAction = z.enum(['skip', 'restore', 'run', 'wait', 'blocked']);
export type PlanAction = z.infer<typeof PlanAction>;

export const PlanItem = z.strictObject({
  /** Address as DVC spells it, relative to the project root: `train`, `sub/dvc.yaml:train`. */
  address: z.string(),
  /** Short name for the eye. */
  name: z.string(),
  /** True if it belongs to the notebook that was asked about. */
  own: z.boolean(),
  action: PlanAction,
  reasons: z.array(Reason),
  /** Seconds, from history; null when unknown. */
  expected: z.number().nullable(),
  /** Bytes that a restore brings. */
  bytes: z.number().nullable()
});
export type PlanItem = z.infer<typeof PlanItem>;

export const Plan = z.strictObject({
  items: z.array(PlanItem),
  /** Sum of expected seconds of runs; null if any is unknown. */
  expected: z.number().nullable(),
  /** Downstream stages elsewhere that would turn pending (N53). */
  downstream: z.array(z.string()),
  /** True when Reproduce may start without asking (N53). */
  small: z.boolean()
});
export type Plan = z.infer<typeof Plan>;
