import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { ProjectView } from '../../server-bridge/src/protocol/wire.js';
import type { IActionContext } from './context.js';

type Choice = { readonly gitInit: boolean; readonly subdir: boolean };

/** Asks only where there is something to choose: no git repository, or a folder inside one. */
async function choose(context: IActionContext, start: NonNullable<ProjectView['start']>): Promise<Choice | null> {
  const { trans } = context;
  const cancel = Dialog.cancelButton({ label: trans.__('Cancel') });
  if (start.gitInit) {
    const { button } = await showDialog({
      title: trans.__('Start versioning data here'),
      body: trans.__('%1 is in no git repository. Git keeps the versions of code, Cellar those of data.', start.root),
      buttons: [cancel, Dialog.okButton({ label: trans.__('Make a git repository and start') })]
    });
    return button.accept ? { gitInit: true, subdir: false } : null;
  }
  if (start.subdir !== null) {
    const here = Dialog.createButton({
      label: trans.__('Only in %1', start.subdir),
      actions: ['subdir'],
      accept: true
    });
    const { button } = await showDialog({
      title: trans.__('Start versioning data here'),
      body: trans.__(
        'This folder lies in the git repository %1. A project at its root serves all folders.',
        start.root
      ),
      buttons: [cancel, here, Dialog.okButton({ label: trans.__('At the root of the repository') })]
    });
    return button.accept ? { gitInit: false, subdir: button.actions.includes('subdir') } : null;
  }
  return { gitInit: false, subdir: false };
}

/** *Start Versioning Data Here*: makes what `dvc init` makes. False when it was cancelled or is there already. */
export async function startProject(context: IActionContext): Promise<boolean> {
  await context.project.refresh();
  const view = context.project.view;
  if (view?.start == null) {
    return view?.state === 'ready';
  }
  const choice = await choose(context, view.start);
  if (choice === null) {
    return false;
  }
  const made = await context.project.start(choice.gitInit, choice.subdir);
  // The open notebooks are in a project now.
  for (const model of context.notebooks.all) {
    model.link.reopen();
  }
  return made.state === 'ready';
}
