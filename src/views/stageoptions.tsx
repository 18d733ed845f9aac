import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { TagDraft } from '../models/tagdraft.js';

/** Frozen and always, as `dvc.yaml` has them; a stage that was never compiled has no options yet (N1, N7). */
export function StageOptions(props: {
  readonly trans: TranslationBundle;
  readonly draft: TagDraft;
  readonly failed: (error: unknown) => void;
}): React.JSX.Element {
  const { trans, draft } = props;
  const view = draft.notebook.view?.stages.find(stage => stage.name === draft.stage);
  const set = (change: { frozen?: boolean; always?: boolean }): void => {
    const options = { frozen: view?.frozen ?? false, always: view?.always ?? false, ...change };
    draft.setOptions(options).catch((error: unknown) => props.failed(error));
  };
  const box = (label: string, checked: boolean, change: (on: boolean) => void): React.JSX.Element => (
    <label>
      <input
        type="checkbox"
        disabled={view === undefined}
        checked={checked}
        onChange={event => change(event.target.checked)}
      />
      {label}
    </label>
  );
  return (
    <>
      <p className="cellar-Popover-title">{trans.__('Options')}</p>
      <div className="cellar-Roles">
        {box(trans.__('frozen'), view?.frozen ?? false, frozen => set({ frozen }))}
        {box(trans.__('always'), view?.always ?? false, always => set({ always }))}
      </div>
    </>
  );
}
