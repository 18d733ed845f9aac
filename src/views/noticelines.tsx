import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { NotebookModel } from '../models/notebook.js';
import type { IMerge } from '../models/merge.js';
import type { CellTag } from '../stages/tags.js';
import { Icon } from './icons.js';
import { Button, IconButton, State } from './parts.js';
import { roleWord } from './words.js';

/** How many lines there are, so that the strip has its height before React draws. */
export function noticeCount(model: NotebookModel): number {
  const lines = [model.notice !== null, model.recorded.newer.length > 0, model.view?.held != null, model.saysShared];
  return lines.filter(Boolean).length;
}

function Line(props: {
  readonly children: React.ReactNode;
  readonly close?: { readonly label: string; readonly onClick: () => void };
}): React.JSX.Element {
  return (
    <div className="cellar-Strip-line">
      {props.children}
      {props.close !== undefined && <IconButton icon="close" {...props.close} />}
    </div>
  );
}

function tagWord(trans: TranslationBundle, tag: CellTag | null): string {
  return tag === null ? trans.__('untagged') : (tag.stage ?? roleWord(trans, tag.role));
}

/** What Lab made of tags that differed (N4). */
function mergeWords(trans: TranslationBundle, { tags, kept }: IMerge): string {
  const words = [...new Set(tags.map(tag => tagWord(trans, tag)))];
  return words.length > 1
    ? trans.__(
        'The merged cells had different tags (%1). The active cell’s is kept: %2.',
        words.join(', '),
        tagWord(trans, kept)
      )
    : trans.__('Both cells were %1. Only files that the active cell added or excluded are kept.', tagWord(trans, kept));
}

/** What the strip tells besides the run. */
export function NoticeLines(props: {
  readonly trans: TranslationBundle;
  readonly model: NotebookModel;
  readonly tag: () => void;
}): React.JSX.Element {
  const { trans, model } = props;
  const close = { label: trans.__('Close'), onClick: () => model.setNotice(null) };
  const held = model.view?.held ?? null;
  return (
    <>
      {model.notice === 'no-stages' && (
        <Line close={close}>
          <span className="cellar-ellipsis">
            {trans.__('This notebook has no stages yet. Tag the cells that make a result, then reproduce them.')}
          </span>
          <span className="cellar-Strip-grow" />
          <Button kind="small" onClick={props.tag}>
            {trans.__('Tag the active cell…')}
          </Button>
        </Line>
      )}
      {model.notice === 'up-to-date' && (
        <Line close={close}>
          <State trans={trans} state="fresh" word={trans.__('Everything is up to date')} />
          <span className="cellar-Strip-grow" />
        </Line>
      )}
      {typeof model.notice === 'object' && model.notice !== null && (
        <Line close={close}>
          <Icon name="warning" className="cellar-StateIcon" />
          <span className="cellar-ellipsis" title={mergeWords(trans, model.notice)}>
            {mergeWords(trans, model.notice)}
          </span>
          <span className="cellar-Strip-grow" />
        </Line>
      )}
      {model.saysShared && (
        <Line close={{ label: trans.__('Close'), onClick: () => model.closeShared() }}>
          <Icon name="hint" className="cellar-StateIcon" />
          <span className="cellar-ellipsis">
            {trans.__('This notebook is shared: what others type in it reaches Cellar through this tab.')}
          </span>
          <span className="cellar-Strip-grow" />
        </Line>
      )}
      {model.recorded.newer.length > 0 && (
        <Line close={{ label: trans.__('Close'), onClick: () => model.recorded.dismiss() }}>
          <span>{trans.__('Recorded outputs are newer')}</span>
          <Button kind="small" onClick={() => void model.recorded.put()}>
            {trans.__('Show')}
          </Button>
          <span className="cellar-Strip-grow" />
        </Line>
      )}
      {held !== null && (
        <Line>
          <State trans={trans} state="blocked" word={null} />
          <span
            className="cellar-ellipsis"
            title={held.next === undefined ? held.message : `${held.message} ${held.next}`}
          >
            {held.message} {held.next}
          </span>
          <span className="cellar-Strip-grow" />
        </Line>
      )}
    </>
  );
}
