import * as React from 'react';

/** The rows of a grid, for moving among them. */
function rowsOf(node: HTMLElement): HTMLElement[] {
  return Array.from(node.closest('[role="grid"]')?.querySelectorAll<HTMLElement>('[role="row"][tabindex]') ?? []);
}

function move(event: React.KeyboardEvent<HTMLElement>): void {
  const rows = rowsOf(event.currentTarget);
  const at = rows.indexOf(event.currentTarget);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  const row = to === undefined ? undefined : rows[to];
  if (row !== undefined) {
    event.preventDefault();
    rows.forEach(item => item.setAttribute('tabindex', item === row ? '0' : '-1'));
    row.focus();
  }
}

/** A list whose rows hold buttons: a grid of one column, one stop of Tab, arrows among the rows (roving tabindex). */
export function Grid(props: { readonly label: string; readonly children: React.ReactNode }): React.JSX.Element {
  return (
    <div role="grid" aria-label={props.label} className="cellar-List">
      {props.children}
    </div>
  );
}

/** One row. Enter and a click do its main deed; Tab goes on to its buttons. */
export function Row(props: {
  readonly first: boolean;
  readonly two?: boolean;
  /** Its texts take the lines that they need. */
  readonly wraps?: boolean;
  readonly label: string;
  readonly data?: Record<`data-${string}`, string>;
  readonly onActivate: () => void;
  readonly children: React.ReactNode;
}): React.JSX.Element {
  const onKeyDown = (event: React.KeyboardEvent<HTMLElement>): void => {
    if (event.key === 'Enter' && event.target === event.currentTarget) {
      event.preventDefault();
      props.onActivate();
      return;
    }
    move(event);
  };
  return (
    <div
      role="row"
      tabIndex={props.first ? 0 : -1}
      aria-label={props.label}
      className={`cellar-Row${props.two ? ' cellar-mod-two' : ''}${props.wraps ? ' cellar-mod-wraps' : ''}`}
      onKeyDown={onKeyDown}
      onClick={props.onActivate}
      {...props.data}
    >
      {props.children}
    </div>
  );
}
