import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import { Menu, Widget } from '@lumino/widgets';
import * as React from 'react';
import type { Fix } from '../../server-bridge/src/protocol/analysis.js';
import type { TagDraft } from '../models/tagdraft.js';
import type { Role } from '../stages/tags.js';
import { FoundList } from './foundlist.js';
import { Icon } from './icons.js';
import { NameField } from './namefield.js';
import { PopoverFooter } from './popoverfooter.js';
import { Button, CodeText } from './parts.js';
import { StageOptions } from './stageoptions.js';
import { roleWord } from './words.js';

/** What the popover's buttons do besides editing the tag. */
export interface IPopoverActions {
  fix(fix: Fix): void;
  /** *Tag the cells this needs…* */
  needs(stage: string): void;
  /** Tells why an option could not be set. */
  readonly failed: (error: unknown) => void;
}

const ROLES: readonly Role[] = ['stage', 'setup', 'params', 'exclude'];
const MARGIN = 8;

/**
 * The popover of a chip, at its anchor, on the body: a cell clips what it contains. Esc gives the focus back to where it
 * came from; so does *Tag*. A press outside closes it.
 */
export class TagPopover extends ReactWidget {
  constructor(options: ITagPopoverOptions) {
    super();
    this._options = options;
    this.addClass('cellar-Popover');
    this.addClass('jp-ThemedContainer');
    this.node.setAttribute('role', 'dialog');
    this.node.setAttribute('aria-label', options.trans.__('Tag'));
    this.node.tabIndex = -1;
    options.draft.changed.connect(this._onChanged, this);
    this._menu = this._makeMenu();
  }

  /** Shows it and takes the focus. */
  open(): void {
    Widget.attach(this, document.body);
  }

  /** Closes it and gives the focus back. */
  leave(): void {
    this.dispose();
    this._options.returnFocus();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      Signal.clearData(this);
      this._options.draft.dispose();
      this._menu.dispose();
      super.dispose();
    }
  }

  handleEvent(event: Event): void {
    if (event.type === 'keydown') {
      this._onKeyDown(event as KeyboardEvent);
    } else if (event.type === 'pointerdown' && event.target instanceof Node) {
      const inside = this.node.contains(event.target) || this._menu.node.contains(event.target);
      if (!inside && document.querySelector('.jp-Dialog') === null) {
        this.dispose();
      }
    } else if (event.type === 'resize') {
      this._place();
    }
  }

  private _onKeyDown(event: KeyboardEvent): void {
    const inside = event.target instanceof Node && this.node.contains(event.target);
    // A menu that closes leaves the focus on the body: Esc still means this popover.
    if (event.key === 'Escape' && (inside || event.target === document.body) && !this._menu.isAttached) {
      event.preventDefault();
      event.stopPropagation();
      this.leave();
    } else if (inside) {
      // Keys typed here are no commands of the notebook.
      event.stopPropagation();
    }
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this.node.addEventListener('keydown', this);
    document.body.addEventListener('keydown', this);
    document.addEventListener('pointerdown', this, true);
    window.addEventListener('resize', this);
    this._place();
  }

  protected override onBeforeDetach(msg: Message): void {
    this.node.removeEventListener('keydown', this);
    document.body.removeEventListener('keydown', this);
    document.removeEventListener('pointerdown', this, true);
    window.removeEventListener('resize', this);
    super.onBeforeDetach(msg);
  }

  protected override onUpdateRequest(msg: Message): void {
    super.onUpdateRequest(msg);
    void this.renderPromise?.then(() => this._place());
  }

  protected override render(): React.JSX.Element {
    const { trans, draft, actions } = this._options;
    const { role } = draft;
    return (
      <>
        {role === 'stage' && (
          <NameField
            trans={trans}
            value={draft.stage}
            names={draft.names.map(name => ({ name, cells: draft.notebook.cellsOf(name).length }))}
            invalid={draft.stage !== '' && !draft.isValid}
            onChange={value => draft.setStage(value)}
            onCommit={() => this._commit()}
          />
        )}
        <fieldset className="cellar-Roles">
          <legend className="cellar-visuallyHidden">{trans.__('Role')}</legend>
          {ROLES.map(item => (
            <label key={item}>
              <input
                type="radio"
                name="cellar-role"
                value={item}
                checked={item === role}
                onChange={() => draft.setRole(item)}
                onKeyDown={event => {
                  if (event.key === 'Enter') {
                    event.preventDefault();
                    this._commit();
                  }
                }}
              />
              {roleWord(trans, item)}
            </label>
          ))}
        </fieldset>
        {draft.stage !== '' && !draft.isValid && (
          <p className="cellar-Error" role="alert">
            <Icon name="blocked" />
            {trans.__('A stage name has letters, digits, - and _, at most 64 of them.')}
          </p>
        )}
        {draft.problems.slice(0, 3).map((problem, i) => (
          <p key={i} className="cellar-Error" data-cellar-problem={problem.code}>
            <Icon name={problem.severity === 'error' ? 'blocked' : 'warning'} />
            <span>
              <CodeText text={problem.message} />
            </span>
            {problem.fixes.map(fix => (
              <Button key={fix.label} kind="small" onClick={() => actions.fix(fix)}>
                {fix.label}
              </Button>
            ))}
          </p>
        ))}
        {role === 'stage' && <FoundList trans={trans} draft={draft} />}
        {role === 'stage' && !draft.isNew && <StageOptions trans={trans} draft={draft} failed={actions.failed} />}
        <PopoverFooter
          trans={trans}
          draft={draft}
          onReproduce={() => {
            this.leave();
            void this._options.commands.execute('cellar:reproduce-to-here', { stage: draft.stage });
          }}
          onNeeds={() => this._tagNeeds()}
          onCommit={() => this._commit()}
          onMore={button => this._openMenu(button)}
        />
      </>
    );
  }

  private _makeMenu(): Menu {
    const { commands, draft } = this._options;
    const menu = new Menu({ commands });
    const args = { stage: draft.stage };
    if (draft.role === 'stage') {
      menu.addItem({ command: 'cellar:reproduce-only-this', args });
      menu.addItem({ command: 'cellar:force-stage', args });
      menu.addItem({ type: 'separator' });
      menu.addItem({ command: 'cellar:load-results', args });
      menu.addItem({ command: 'cellar:show-script', args });
      menu.addItem({ command: 'cellar:tag-needs', args });
      menu.addItem({ type: 'separator' });
      menu.addItem({ command: 'cellar:rename-stage', args });
    }
    menu.addItem({ command: 'cellar:untag' });
    menu.aboutToClose.connect(this._onMenuClosed, this);
    commands.commandExecuted.connect(this._onCommand, this);
    return menu;
  }

  private _openMenu(anchor: HTMLElement): void {
    const { left, bottom } = anchor.getBoundingClientRect();
    this._menu.open(left, bottom);
  }

  /** A chosen deed closes the popover, for it works on the cell; Esc in the menu gives the focus back to its button. */
  private _onMenuClosed(): void {
    requestAnimationFrame(() => {
      if (!this.isDisposed) {
        this.node.querySelector<HTMLElement>('[aria-haspopup="menu"]')?.focus();
      }
    });
  }

  private _onCommand(_sender: CommandRegistry, { id }: CommandRegistry.ICommandExecutedArgs): void {
    if (id.startsWith('cellar:') && !this.isDisposed) {
      this.dispose();
    }
  }

  private _commit(): void {
    if (this._options.draft.commit()) {
      this.leave();
    }
  }

  private _tagNeeds(): void {
    const { draft, actions } = this._options;
    const { stage } = draft;
    if (draft.commit()) {
      this.leave();
      actions.needs(stage);
    }
  }

  private _onChanged(): void {
    this.update();
  }

  /** Below the anchor, above it when there is more room, always inside the window. */
  private _place(): void {
    if (this.isDisposed) {
      return;
    }
    const at = this._options.anchor();
    const { offsetWidth: width, offsetHeight: height } = this.node;
    const below = window.innerHeight - at.bottom - MARGIN;
    const top = height <= below || below >= at.top ? at.bottom + 2 : Math.max(MARGIN, at.top - height - 2);
    const left = Math.max(MARGIN, Math.min(at.left, window.innerWidth - width - MARGIN));
    this.node.style.left = `${left}px`;
    this.node.style.top = `${Math.max(MARGIN, Math.min(top, window.innerHeight - height - MARGIN))}px`;
  }

  private readonly _options: ITagPopoverOptions;
  private readonly _menu: Menu;
}

/** What a `TagPopover` is made of. */
export interface ITagPopoverOptions {
  readonly draft: TagDraft;
  readonly trans: TranslationBundle;
  readonly commands: CommandRegistry;
  readonly actions: IPopoverActions;
  /** Where the chip or tag icon is on screen. */
  readonly anchor: () => DOMRect;
  readonly returnFocus: () => void;
}
