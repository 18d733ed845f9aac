import type { Hash } from '../formats/entries.js';
import { FACTS } from '../io/facts.js';
import { visitFiles, type WalkBlock } from '../io/walk.js';
import { applyCheckout } from '../store/checkout.js';
import { DIGEST, digestHex } from '../store/columns.js';
import type { Scan } from '../store/hashtree.js';
import { hangsRight } from '../store/links.js';
import { hangingOf, type CheckoutPlan, type PlanRow } from '../store/plan.js';
import type { Tree } from '../store/tree.js';
import type { WorkOptions } from './out.js';
import type { Project } from './project.js';
import { ignoreEntry } from './walkrules.js';

export interface Saved {
  path: string;
  hash: Hash;
  isexec: boolean;
  tree: Tree | null;
  /** What was hashed and stored just now. */
  scan: Scan;
}

/**
 * Makes the workspace files of a stored path hang on their objects by the first configured kind of link that fits
 * (spec/dvc-data.md §4.4, §4.7): a linked file becomes a copy, a copy a link, as `cache.type` says. Files that fit stay
 * as they are, with inode, mode and times (quirk Q2).
 */
export async function relinkSaved(project: Project, saved: Saved, options: WorkOptions = {}): Promise<void> {
  const rows: PlanRow[] = [];
  const facts: bigint[] = [];
  const digests: number[] = [];
  const { scan, hash } = saved;
  const { types } = project.store;
  const check = (relpath: string, block: WalkBlock, i: number): void => {
    const column = scan.digests.get(block) ?? new Uint8Array(DIGEST);
    // What has just become the object itself hangs right, whatever the walk saw before.
    const linked = types[0] === 'hardlink' && !saved.isexec && scan.linked.get(block)?.[i] === 1;
    if (
      !linked &&
      !hangsRight(types, hangingOf(block, i), project.store.path(digestHex(column, i), hash.name), saved.isexec)
    ) {
      rows.push({ relpath, row: rows.length, wanted: rows.length });
      digests.push(...column.subarray(i * DIGEST, (i + 1) * DIGEST));
      facts.push(...block.facts.subarray(i * FACTS, (i + 1) * FACTS));
    }
  };
  if (scan.kind === 'file') {
    check('', scan.top, 0);
  } else {
    visitFiles(scan.top, (block, i, relpath) => check(relpath, block, i));
  }
  if (rows.length > 0) {
    const plan: CheckoutPlan = {
      path: saved.path,
      target: { oid: hash.value, name: hash.name, isexec: saved.isexec },
      tree: saved.tree,
      added: [],
      modified: [],
      deleted: [],
      relinked: rows,
      unsaved: [],
      bad: new Map(),
      chmod: false,
      facts: BigInt64Array.from(facts),
      digests: Uint8Array.from(digests),
      wanted: Uint8Array.from(digests),
      scan
    };
    await applyCheckout({ index: project.index, ignore: ignoreEntry(project) }, project.store, plan, options);
  }
}
