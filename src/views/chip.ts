import type { TranslationBundle } from '@jupyterlab/translation';
import type { Fix } from '../../server-bridge/src/protocol/analysis.js';
import type { Mark } from '../../server-bridge/src/protocol/state.js';
import type { IFace } from './faces.js';
import { iconElement } from './icons.js';
import { codeParts, duration, markMeaning, markWord, plainText, roleWord, stateWord } from './words.js';

interface IHandlers {
  readonly open: () => void;
  readonly fix: (fix: Fix) => void;
  readonly rename: () => void;
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}

/** A real button; a press on it neither moves the cell's focus by itself nor starts a drag of the cell. */
function button(
  className: string,
  label: string,
  onClick: () => void,
  ...children: (Node | string)[]
): HTMLButtonElement {
  const node = element('button', className, ...children);
  node.type = 'button';
  node.setAttribute('aria-label', label);
  node.addEventListener('mousedown', event => event.stopPropagation());
  node.addEventListener('click', event => {
    event.stopPropagation();
    onClick();
  });
  return node;
}

/** The tag icon of an untagged cell, in the free left of the prompt gutter: it fades in, nothing moves. */
export function ghostButton(trans: TranslationBundle, open: () => void): HTMLElement {
  const label = trans.__('Tag this cell…');
  const node = button('cellar-IconButton cellar-Ghost', label, open, iconElement('tag'));
  node.title = label;
  node.setAttribute('aria-haspopup', 'dialog');
  return node;
}

function sentence(text: string): (Node | string)[] {
  return codeParts(text).map((part, i) => (i % 2 === 1 ? element('code', '', part) : part));
}

function pill(trans: TranslationBundle, mark: Mark): HTMLElement {
  const node = element('span', 'cellar-Mark', iconElement(mark), markWord(trans, mark));
  node.dataset.cellarMark = mark;
  node.title = markMeaning(trans, mark);
  return node;
}

/** Words of a chip for a screen reader: *stage train, stale: param lr changed*. */
export function chipLabel(trans: TranslationBundle, face: IFace): string {
  if (face.role === null) {
    return trans.__('Tag this cell…');
  }
  if (face.role !== 'stage') {
    return trans.__('%1 cell', roleWord(trans, face.role));
  }
  if (face.kind === 'follow') {
    return trans.__('stage %1, cell %2 of %3', face.stage, face.nth, face.of);
  }
  const state = face.state === null ? '' : stateWord(trans, face.state);
  const base = trans.__('stage %1, %2', face.stage, state);
  return face.reason === null ? base : trans.__('%1: %2', base, plainText(face.reason));
}

/** While a stage runs: how long, of about how long. */
function times(trans: TranslationBundle, face: IFace): HTMLElement[] {
  if (face.state !== 'running' || face.startedAt === null) {
    return [];
  }
  const time = element('span', 'cellar-num', '0:00');
  time.dataset.cellarStarted = String(face.startedAt);
  time.setAttribute('aria-hidden', 'true');
  return face.expected === null
    ? [time]
    : [time, element('span', 'cellar-num', trans.__('of about %1', duration(trans, face.expected)))];
}

function chipButton(trans: TranslationBundle, face: IFace, handlers: IHandlers): HTMLButtonElement {
  const label = chipLabel(trans, face);
  if (face.kind === 'follow') {
    return button('cellar-FollowOn', label, handlers.open, trans.__('%1 %2 of %3', face.stage, face.nth, face.of));
  }
  if (face.role === null) {
    return button('cellar-IconButton', label, handlers.open, iconElement('tag'));
  }
  if (face.role !== 'stage') {
    const name = element('span', 'cellar-Chip-name', roleWord(trans, face.role));
    return button('cellar-Chip', label, handlers.open, iconElement(face.role), name);
  }
  const state = face.state ?? 'checking';
  const name = element('span', 'cellar-Chip-name', face.stage === '' ? trans.__('no name') : face.stage);
  return button(
    'cellar-Chip',
    label,
    handlers.open,
    iconElement(state, 'cellar-StateIcon'),
    name,
    element('span', 'cellar-Chip-state', stateWord(trans, state)),
    ...times(trans, face)
  );
}

/**
 * The row above a tagged cell's input: chip or bar, marks, reason or error, and the fix, all in one line of fixed height.
 * The rail is in it because a cell clips what is outside of its box.
 */
export function chipHost(trans: TranslationBundle, face: IFace, handlers: IHandlers): HTMLElement {
  const host = element('div', 'cellar-StageHost');
  host.classList.toggle('cellar-mod-followOn', face.kind === 'follow' && face.problem === null);
  host.setAttribute('role', 'group');
  host.setAttribute('aria-label', face.stage === '' ? trans.__('Cellar') : trans.__('Stage %1', face.stage));
  if (face.problem !== null) {
    host.dataset.cellarProblem = face.problem.code;
  }
  const chip = chipButton(trans, face, handlers);
  chip.setAttribute('aria-haspopup', 'dialog');
  if (face.role === 'stage') {
    chip.addEventListener('keydown', event => {
      if (event.key === 'F2') {
        event.stopPropagation();
        event.preventDefault();
        handlers.rename();
      }
    });
  }
  host.append(chip);
  const undeclared = face.marks.filter(mark => mark === 'undeclared reads');
  host.append(...undeclared.map(mark => pill(trans, mark)));
  if (face.reason !== null) {
    const reason = element('span', 'cellar-Reason', ...sentence(face.reason));
    reason.title = [plainText(face.reason), face.problem?.next ?? ''].filter(text => text !== '').join('\n');
    host.append(reason);
  }
  host.append(...face.marks.filter(mark => mark !== 'undeclared reads').map(mark => pill(trans, mark)));
  const { fix } = face;
  if (fix !== null) {
    const mend = button('cellar-Button cellar-mod-small', fix.label, () => handlers.fix(fix), fix.label);
    mend.title = fix.label;
    host.append(mend);
  }
  if (face.kind !== 'ghost') {
    host.append(element('div', 'cellar-Rail'));
  }
  return host;
}
