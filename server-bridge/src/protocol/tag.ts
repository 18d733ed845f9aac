import { z } from 'zod';

/** Key under `cell.metadata` and `notebook.metadata`. */
export const METADATA_KEY = 'cellar';

export const Role = z.enum(['stage', 'setup', 'params', 'exclude']);
export type Role = z.infer<typeof Role>;

/** N1. Windows device names are refused by `isStageName`. */
export const STAGE_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const DEVICE_NAME = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i;

export function isStageName(name: string): boolean {
  return STAGE_NAME.test(name) && !DEVICE_NAME.test(name);
}

export const OutKind = z.enum(['out', 'metric', 'plot']);
export type OutKind = z.infer<typeof OutKind>;

export const TagOut = z.union([z.string(), z.looseObject({ path: z.string(), kind: OutKind.optional() })]);
export type TagOut = z.infer<typeof TagOut>;

/** `cell.metadata.cellar` (N1): intent only. Unknown keys survive. */
export const CellTag = z.looseObject({
  role: Role,
  stage: z.string().optional(),
  deps: z.array(z.string()).optional(),
  outs: z.array(TagOut).optional(),
  ignore: z.array(z.string()).optional()
});
export type CellTag = z.infer<typeof CellTag>;

/** `notebook.metadata.cellar` (N1, N31). */
export const NotebookTag = z.looseObject({
  version: z.literal(1),
  params_prefix: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/)
    .optional()
});
export type NotebookTag = z.infer<typeof NotebookTag>;
