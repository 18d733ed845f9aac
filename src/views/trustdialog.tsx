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

/** One thing that is other than it was when the project was trusted: a command with its old and new text, or a file. */
function Change(props: {
  readonly trans: TranslationBundle;
  readonly change: NonNullable<Review['changed']>[number];
}): React.JSX.Element {
  const { trans, change } = props;
  const { before, after } = change;
  const word = before === null ? trans.__('new') : after === null ? trans.__('gone') : trans.__('changed');
  return (
    <li>
      <b>{change.name}</b> {word}
      {change.what === 'command' && before !== null && <del>{before}</del>}
      {change.what === 'command' && after !== null && <ins>{after}</ins>}
    </li>
  );
}

export function TrustBody(props: {
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
      {review.changed === null ? (
        <p>{trans.__('You have not worked in this project before. %1 would:', action)}</p>
      ) : (
        <>
          <p>{trans.__('Since you trusted this project, a commit from elsewhere changed its code:')}</p>
          <ul className="cellar-Commands" data-cellar-changed="">
            {review.changed.map(change => (
              <Change key={`${change.what} ${change.name}`} trans={trans} change={change} />
            ))}
          </ul>
          <p>{trans.__('%1 would:', action)}</p>
        </>
      )}
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

/** The answers of N64. Where nothing is contacted there is no host to trust by itself. */
export function trustButtons(trans: TranslationBundle, review: Review, deed: string): Dialog.IButton[] {
  const hosts = Dialog.createButton({
    label: review.hosts.length === 1 ? trans.__('Trust this host only') : trans.__('Trust these hosts only'),
    className: 'cellar-mod-second',
    actions: ['remotes'],
    accept: true
  });
  return [
    Dialog.cancelButton({ label: trans.__('Stay restricted') }),
    ...(review.hosts.length > 0 ? [hosts] : []),
    Dialog.okButton({ label: trans.__('Trust and %1', deed) })
  ];
}

/** The question of N64; Esc and closing are *Stay restricted*. */
export async function askTrust(
  trans: TranslationBundle,
  review: Review,
  words: ITrustWords
): Promise<TrustScope | null> {
  const name = review.root.split('/').filter(Boolean).at(-1) ?? review.root;
  const result = await showDialog({
    title: trans.__('Trust the project %1?', name),
    body: new DialogBody(null, () => <TrustBody trans={trans} review={review} {...words} />),
    buttons: trustButtons(trans, review, words.deed),
    defaultButton: 0,
    focusNodeSelector: '.jp-Dialog-button.jp-mod-reject'
  });
  if (!result.button.accept) {
    return null;
  }
  return result.button.actions.includes('remotes') ? 'remotes' : 'code';
}
