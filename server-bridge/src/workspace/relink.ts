import { join } from 'node:path';
import type { Hash } from '../formats/entries.js';
import { FACTS } from '../io/facts.js';
import { lstatSync, readlinkSync } from '../io/files.js';
import { visitFiles } from '../io/walk.js';
import { applyCheckout } from '../store/checkout.js';
import { DIGEST, digestHex } from '../store/columns.js';
import type { Scan } from '../store/hashtree.js';
import type { LinkType } from '../store/links.js';
import type { CheckoutPlan, PlanRow } from '../store/plan.js';
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
  const { scan, hash } = saved;
  const check = (relpath: string, md5: string, own: BigInt64Array): void => {
    const path = relpath === '' ? saved.path : join(saved.path, relpath);
    if (!hangs(project.store.types, path, project.store.path(md5, hash.name), saved.isexec)) {
      rows.push({ relpath, was: md5, becomes: md5, row: rows.length });
      facts.push(...own);
    }
  };
  if (scan.kind === 'file') {
    check('', hash.value, scan.top.facts.subarray(0, FACTS));
  } else {
    visitFiles(scan.top, (block, i, relpath) => {
      const digests = scan.digests.get(block) ?? new Uint8Array(DIGEST);
      check(relpath, digestHex(digests, i), block.facts.subarray(i * FACTS, (i + 1) * FACTS));
    });
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
      scan
    };
    await applyCheckout({ index: project.index, ignore: ignoreEntry(project) }, project.store, plan, options);
  }
}

/** The first configured type that matches what is there decides; an executable never shares an inode (quirk Q1). */
function hangs(types: readonly LinkType[], path: string, object: string, isexec: boolean): boolean {
  const stats = lstatSync(path);
  if (stats === null) {
    return true;
  }
  const isLink = stats.isSymbolicLink();
  const shared = !isLink && stats.nlink > 1n;
  if (isexec) {
    return !isLink && !shared;
  }
  return types.some(type => {
    switch (type) {
      case 'copy':
      case 'reflink':
        return !isLink && !shared;
      case 'hardlink':
        return !isLink && (stats.size === 0n || (shared && lstatSync(object)?.ino === stats.ino));
      case 'symlink':
        return isLink && readlinkSync(path) === object;
    }
  });
}
