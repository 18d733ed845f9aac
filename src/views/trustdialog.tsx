import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Review } from '../../server-bridge/src/protocol/wire.js';
import type { TrustScope } from '../models/project.js';
import { DialogBody } from './dialogbody.js';

function Fact(props: {
  readonly term: string;
  readonly items: readonly string[];
  readonly none: string;
}): React.JSX.Element {
  return (
    <>
      <dt>{props.term}</dt>
      <dd>{props.items.length === 0 ? props.none : props.items.map((item, i) => <div key={i}>{item}</div>)}</dd>
    </>
  );
}

function TrustBody(props: {
  readonly trans: TranslationBundle;
  readonly review: Review;
  readonly action: string;
  readonly stages: readonly string[];
}): React.JSX.Element {
  const { trans, review, action } = props;
  const nothing = trans.__('nothing');
  const known = review.commands.map(({ address }) => address);
  const runs = [...known, ...props.stages.filter(stage => !known.includes(stage))];
  return (
    <>
      <p>{trans.__('You have not worked in this project before. %1 would:', action)}</p>
      <dl className="cellar-Facts">
        <Fact term={trans.__('Run')} none={nothing} items={runs} />
        <Fact term={trans.__('Contact')} none={nothing} items={review.hosts} />
        <Fact term={trans.__('Write')} none={nothing} items={review.writes} />
        {review.odd.length > 0 && <Fact term={trans.__('Odd')} none={nothing} items={review.odd} />}
      </dl>
      {review.commands.length > 0 && (
        <details>
          <summary>{trans.__('All commands')}</summary>
          <ul className="cellar-Commands">
            {review.commands.map(({ address, command }) => (
              <li key={address}>
                <b>{address}</b> <code>{command}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
      <p>{trans.__('Trust it only if you know who wrote it. The answer is kept outside the project.')}</p>
    </>
  );
}

/** The deed that waits for the answer. */
export interface ITrustWords {
  /** Its name, before *would*. */
  readonly action: string;
  /** Its name after *Trust and*. */
  readonly deed: string;
  /** Stages of the open notebook that it would run, compiled or not. */
  readonly stages: readonly string[];
}

/** The question of N64 with its three answers; Esc and closing are *Stay restricted*. */
export async function askTrust(
  trans: TranslationBundle,
  review: Review,
  words: ITrustWords
): Promise<TrustScope | null> {
  const name = review.root.split('/').filter(Boolean).at(-1) ?? review.root;
  const hosts = Dialog.createButton({
    label: trans.__('Trust this host only'),
    className: 'cellar-mod-second',
    actions: ['remotes'],
    accept: true
  });
  const result = await showDialog({
    title: trans.__('Trust the project %1?', name),
    body: new DialogBody(null, () => <TrustBody trans={trans} review={review} {...words} />),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Stay restricted') }),
      hosts,
      Dialog.okButton({ label: trans.__('Trust and %1', words.deed) })
    ],
    defaultButton: 0,
    focusNodeSelector: '.jp-Dialog-button.jp-mod-reject'
  });
  if (!result.button.accept) {
    return null;
  }
  return result.button.actions.includes('remotes') ? 'remotes' : 'code';
}
