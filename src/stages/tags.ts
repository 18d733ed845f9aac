import {
  CellTag,
  isStageName,
  METADATA_KEY,
  type OutKind,
  type Role,
  type TagOut
} from '../../server-bridge/src/protocol/tag.js';

export { CellTag, isStageName, METADATA_KEY };
export type { OutKind, Role };

/** Reads a cell's tag. Null for an untagged cell and for a malformed tag: the bridge reports the latter as a problem. */
export function readTag(metadata: unknown): CellTag | null {
  const parsed = CellTag.safeParse(metadata);
  return parsed.success ? parsed.data : null;
}

/** What a role and a name make of an earlier tag: lists and unknown keys stay, a stage name only with the role stage (N1). */
export function retag(before: CellTag | null, role: Role, stage: string | null): CellTag {
  const { stage: _stage, ...rest } = before ?? { role };
  return role === 'stage' && stage !== null ? { ...rest, role, stage } : { ...rest, role };
}

function pathOf(out: TagOut): string {
  return typeof out === 'string' ? out : out.path;
}

/** The tag with a key left out when its list is empty: a tag holds only what the user added or excluded (N2). */
function withList<K extends 'deps' | 'outs' | 'ignore'>(tag: CellTag, key: K, list: NonNullable<CellTag[K]>): CellTag {
  const { [key]: _before, ...rest } = tag;
  return (list.length === 0 ? rest : { ...rest, [key]: list }) as CellTag;
}

/** Adds a file that the code does not show, as an input or an output. */
export function addFile(tag: CellTag, side: 'deps' | 'outs', path: string): CellTag {
  const cleared = restoreFile(tag, path);
  if (side === 'deps') {
    return withList(cleared, 'deps', [...(cleared.deps ?? []).filter(item => item !== path), path]);
  }
  return withList(cleared, 'outs', [...(cleared.outs ?? []).filter(item => pathOf(item) !== path), path]);
}

/** Takes back a file that the user added. */
export function dropFile(tag: CellTag, path: string): CellTag {
  const deps = (tag.deps ?? []).filter(item => item !== path);
  const outs = (tag.outs ?? []).filter(item => pathOf(item) !== path);
  return withList(withList(tag, 'deps', deps), 'outs', outs);
}

/** Excludes a file that was found: neither a dep nor an undeclared read (N2). */
export function excludeFile(tag: CellTag, path: string): CellTag {
  const cleared = dropFile(tag, path);
  return withList(cleared, 'ignore', [...(cleared.ignore ?? []).filter(item => item !== path), path]);
}

/** Takes an exclusion back. */
export function restoreFile(tag: CellTag, path: string): CellTag {
  return withList(
    tag,
    'ignore',
    (tag.ignore ?? []).filter(item => item !== path)
  );
}

/** Says what kind of output a file is; unknown keys of an entry that is already there survive (N2, N30). */
export function setOutKind(tag: CellTag, path: string, kind: OutKind): CellTag {
  const outs = tag.outs ?? [];
  const known = outs.find(item => pathOf(item) === path);
  const entry: TagOut = typeof known === 'object' ? { ...known, kind } : { path, kind };
  return withList(
    tag,
    'outs',
    known === undefined ? [...outs, entry] : outs.map(item => (item === known ? entry : item))
  );
}
