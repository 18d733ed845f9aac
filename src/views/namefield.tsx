import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { Icon } from './icons.js';

/** A name that completes what is typed. */
export interface ICompletion {
  readonly name: string;
  readonly cells: number;
}

/** Names that begin with the text, then those that contain it; none when it is one of them already. */
export function complete(names: readonly ICompletion[], text: string): ICompletion[] {
  const low = text.toLowerCase();
  if (names.some(item => item.name === text)) {
    return [];
  }
  const rank = (item: ICompletion): number => item.name.toLowerCase().indexOf(low);
  return names.filter(item => rank(item) >= 0).sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

/** The stage name: a text field with completion. Enter takes the marked name, if any, and commits. */
export function NameField(props: {
  readonly trans: TranslationBundle;
  readonly value: string;
  readonly names: readonly ICompletion[];
  readonly invalid: boolean;
  readonly onChange: (value: string) => void;
  readonly onCommit: () => void;
}): React.JSX.Element {
  const { trans, value } = props;
  const [open, setOpen] = React.useState(false);
  const [marked, setMarked] = React.useState(-1);
  const input = React.useRef<HTMLInputElement>(null);
  React.useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
  const options = open ? complete(props.names, value) : [];
  const shown = options.length > 0;
  const take = (name: string): void => {
    props.onChange(name);
    setOpen(false);
    setMarked(-1);
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    switch (event.key) {
      case 'ArrowDown':
        setOpen(true);
        setMarked(Math.min(marked + 1, options.length - 1));
        break;
      case 'ArrowUp':
        setMarked(Math.max(marked - 1, -1));
        break;
      case 'Enter': {
        const chosen = options[marked];
        if (chosen !== undefined) {
          take(chosen.name);
        } else {
          props.onCommit();
        }
        break;
      }
      case 'Escape':
        if (!shown) {
          return;
        }
        setOpen(false);
        event.stopPropagation();
        break;
      default:
        return;
    }
    event.preventDefault();
  };
  return (
    <div className="cellar-Field">
      <label htmlFor="cellar-stage-name">{trans.__('Stage')}</label>
      <input
        id="cellar-stage-name"
        ref={input}
        className="cellar-Input"
        role="combobox"
        aria-expanded={shown}
        aria-controls="cellar-stage-names"
        aria-autocomplete="list"
        aria-activedescendant={marked >= 0 ? `cellar-stage-name-${marked}` : undefined}
        aria-invalid={props.invalid}
        autoComplete="off"
        spellCheck={false}
        maxLength={64}
        value={value}
        onChange={event => {
          props.onChange(event.target.value);
          setOpen(true);
          setMarked(-1);
        }}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      <ul
        id="cellar-stage-names"
        role="listbox"
        aria-label={trans.__('Stages')}
        className="cellar-Completion"
        hidden={!shown}
      >
        {options.map((item, i) => (
          <li
            key={item.name}
            id={`cellar-stage-name-${i}`}
            role="option"
            aria-selected={i === marked}
            // Before the field loses focus, which would close the list.
            onMouseDown={event => {
              event.preventDefault();
              take(item.name);
            }}
          >
            <Icon name="tag" />
            <span className="cellar-ellipsis">{item.name}</span>
            <span className="cellar-muted">{trans._n('%1 cell', '%1 cells', item.cells)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
