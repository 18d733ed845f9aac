import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Mark, StageState } from '../../server-bridge/src/protocol/state.js';
import { Icon } from './icons.js';
import type { ShapeName } from './shapes.js';
import { codeParts, markMeaning, markWord, stateWord } from './words.js';

/** A sentence whose names from code, in backticks, are set in the code font. */
export function CodeText(props: { readonly text: string }): React.JSX.Element {
  return <>{codeParts(props.text).map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>;
}

/** Shape, colour and, unless left out, the word of a state. */
export function State(props: {
  readonly trans: TranslationBundle;
  readonly state: StageState;
  readonly word?: string | null;
}): React.JSX.Element {
  const word = props.word === undefined ? stateWord(props.trans, props.state) : props.word;
  return (
    <span className="cellar-State" data-cellar-state={props.state}>
      <Icon name={props.state} className="cellar-StateIcon" />
      {word}
    </span>
  );
}

export function MarkPill(props: { readonly trans: TranslationBundle; readonly mark: Mark }): React.JSX.Element {
  return (
    <span className="cellar-Mark" data-cellar-mark={props.mark} title={markMeaning(props.trans, props.mark)}>
      <Icon name={props.mark} />
      {markWord(props.trans, props.mark)}
    </span>
  );
}

export interface IButtonProps extends React.ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: 'plain' | 'primary' | 'small';
}

export function Button({ kind = 'plain', className, ...rest }: IButtonProps): React.JSX.Element {
  const modifier = kind === 'plain' ? '' : ` cellar-mod-${kind}`;
  return <button type="button" {...rest} className={`cellar-Button${modifier} ${className ?? ''}`.trim()} />;
}

/** A button that is an icon alone; its label is its tooltip and its name. */
export function IconButton(props: {
  readonly icon: ShapeName;
  readonly label: string;
  readonly onClick: () => void;
}): React.JSX.Element {
  return (
    <button
      type="button"
      className="cellar-IconButton"
      title={props.label}
      aria-label={props.label}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}

/** One sentence and one button: what an empty section shows. */
export function Empty(props: { readonly text: string; readonly children?: React.ReactNode }): React.JSX.Element {
  return (
    <div className="cellar-Empty">
      <p>
        <CodeText text={props.text} />
      </p>
      {props.children}
    </div>
  );
}
