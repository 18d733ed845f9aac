import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { TagDraft } from '../models/tagdraft.js';
import { Icon } from './icons.js';
import { Button } from './parts.js';

/** What can be done with a tag: set it, run up to its stage, and more. */
export function PopoverFooter(props: {
  readonly trans: TranslationBundle;
  readonly draft: TagDraft;
  readonly onReproduce: () => void;
  /** *Tag the cells this needs…* */
  readonly onNeeds: () => void;
  readonly onCommit: () => void;
  /** Opens the menu of what is done less often, at its button. */
  readonly onMore: (button: HTMLElement) => void;
}): React.JSX.Element {
  const { trans, draft } = props;
  const stage = draft.role === 'stage' && draft.isValid;
  const blocked = draft.problems.some(problem => problem.severity === 'error');
  return (
    <div className="cellar-Popover-footer">
      {draft.isNew ? (
        <span className="cellar-muted">{trans.__('Esc goes back to the cell')}</span>
      ) : (
        stage && <Button onClick={props.onReproduce}>{trans.__('Reproduce to here')}</Button>
      )}
      <span className="cellar-Strip-grow" />
      {draft.isNew && stage && blocked && (
        <Button onClick={props.onNeeds}>{trans.__('Tag the cells this needs…')}</Button>
      )}
      {(draft.isNew || draft.isChanged) && (
        <Button kind="primary" disabled={!draft.isValid} onClick={props.onCommit}>
          {draft.cells.length > 1 ? trans.__('Tag %1 cells', draft.cells.length) : trans.__('Tag')}
        </Button>
      )}
      {!draft.isNew && (
        <Button aria-haspopup="menu" onClick={event => props.onMore(event.currentTarget)}>
          {trans.__('More')} <Icon name="chevron" />
        </Button>
      )}
    </div>
  );
}
