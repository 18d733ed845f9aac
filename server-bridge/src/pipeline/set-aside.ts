import { lstatSync } from '../io/files.js';
import { newOperation, openTrash } from '../io/trash.js';
import { isInCache, outStatus } from '../workspace/outs.js';
import type { Project } from '../workspace/project.js';
import type { Stage } from './stage.js';

/** Operations of the trash that hold the outs of one run while it lasts. */
export interface Aside {
  /** Outs that the cache holds, as they are: forgotten when the run succeeds. */
  spare: string;
  /** Outs whose bytes are nowhere else: they stay in the trash (I3). */
  kept: string;
  /** What a failed run left behind. */
  partial: string;
}

/** Names for a run's folders in the trash; nothing is made. */
export function newAside(): Aside {
  const operation = newOperation('run');
  return { spare: `${operation}-spare`, kept: `${operation}-kept`, partial: `${operation}-partial` };
}

/** Which outs of a stage can be made again from the cache without their workspace files. */
export async function spareOuts(project: Project, stage: Stage): Promise<Set<string>> {
  const spare = new Set<string>();
  for (const out of stage.outs) {
    const hash = out.recorded?.hash;
    const clean = hash !== undefined && (await outStatus(project, out)) === '';
    if (clean && (out.flags.cache || (await isInCache(project, hash)))) {
      spare.add(out.abs);
    }
  }
  return spare;
}

/**
 * Move the outs of a stage out of the way of its command, which may rely on finding none (spec/dvc-pipelines.md §11.2).
 * `persist` outs stay.
 */
export function setAside(project: Project, stage: Stage, aside: Aside, spare: ReadonlySet<string>): void {
  const trash = { spare: openTrash(project.tmpDir, aside.spare), kept: openTrash(project.tmpDir, aside.kept) };
  for (const out of stage.outs.filter(each => !each.flags.persist)) {
    if (lstatSync(out.abs) !== null) {
      (spare.has(out.abs) ? trash.spare : trash.kept).move(out.abs);
    }
  }
}

/**
 * Undo `setAside` after a run that failed: what it left in the place of an old out goes to the trash, the old outs come
 * back. What it left where nothing was before stays, as under DVC, but for `unwanted` paths. Gives the outs that could
 * not come back.
 */
export function putBack(project: Project, aside: Aside, unwanted: readonly string[] = []): string[] {
  const old = [openTrash(project.tmpDir, aside.spare), openTrash(project.tmpDir, aside.kept)];
  const partial = openTrash(project.tmpDir, aside.partial);
  for (const path of [...old.flatMap(trash => trash.items().map(item => item.path)), ...unwanted]) {
    if (lstatSync(path) !== null) {
      partial.move(path);
    }
  }
  const left: string[] = [];
  for (const trash of old) {
    left.push(...trash.restore().left.map(item => item.path));
  }
  return left;
}

/** The run succeeded: what the cache holds is forgotten, the rest stays in the trash for its time. */
export function dropSpare(project: Project, aside: Aside): void {
  openTrash(project.tmpDir, aside.spare).drop();
}
