import type { IActionContext } from './context.js';
import { askTrust, type ITrustWords } from '../views/trustdialog.js';

/**
 * Asks for trust before a deed in a restricted project (N64). True when the deed may go on; denying or closing the
 * question drops it.
 */
export async function ensureTrusted(
  context: IActionContext,
  path: string,
  trust: 'trusted' | 'restricted' | undefined,
  words: ITrustWords
): Promise<boolean> {
  if (trust !== 'restricted') {
    return true;
  }
  const review = await context.project.review(path);
  const scope = await askTrust(context.trans, review, words);
  if (scope === null) {
    return false;
  }
  const view = await context.project.trust(review.digest, scope, path);
  return view.trust === 'trusted';
}

/** *Review…* of the bar above a restricted project: the same question without a deed behind it. */
export async function reviewProject(context: IActionContext): Promise<void> {
  const path = context.project.path ?? '';
  await ensureTrusted(context, path, 'restricted', {
    action: context.trans.__('Working in it'),
    deed: context.trans.__('work in it'),
    stages: context.notebooks.current?.stageNames ?? []
  });
  await context.project.refresh();
}
