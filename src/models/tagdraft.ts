import type { ICellModel } from '@jupyterlab/cells';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Found, Problem, StageFound } from '../../server-bridge/src/protocol/analysis.js';
import {
  addFile,
  type CellTag,
  dropFile,
  excludeFile,
  isStageName,
  type OutKind,
  restoreFile,
  retag,
  type Role,
  setOutKind
} from '../stages/tags.js';
import type { IBridge } from '../tokens.js';
import type { NotebookModel } from './notebook.js';

/** Pause before the bridge is asked what a half-typed tag would mean, in milliseconds. */
const PAUSE = 120;

/**
 * What the popover edits: role and stage of one or several cells, and the files of a stage. Role and name are taken over
 * with `commit`; files of a stage that exists at once, each change one undo step (N1, N2).
 */
export class TagDraft implements IDisposable {
  constructor(options: ITagDraftOptions) {
    this._bridge = options.bridge;
    this.notebook = options.notebook;
    this.cells = options.cells;
    const tags = this.cells.map(cell => this.notebook.tagOf(cell));
    this.isNew = tags[0] == null;
    this._tag = tags[0] ?? { role: 'stage' };
    this._role = this._tag.role;
    this._stage = this._tag.stage ?? '';
    this.notebook.changed.connect(this._emit, this);
    this._ask(0);
  }

  readonly notebook: NotebookModel;
  readonly cells: readonly ICellModel[];
  /** The first cell had no tag when the popover was opened. */
  readonly isNew: boolean;

  get role(): Role {
    return this._role;
  }

  get stage(): string {
    return this._stage;
  }

  /** Role or name differ from what the cells have. */
  get isChanged(): boolean {
    return this.cells.some(cell => {
      const tag = this.notebook.tagOf(cell);
      return tag?.role !== this._role || (this._role === 'stage' && tag.stage !== this._stage);
    });
  }

  /** The name can be a stage's; always true for other roles. */
  get isValid(): boolean {
    return this._role !== 'stage' || isStageName(this._stage);
  }

  /** What the stage reads and writes, null before the bridge has answered. */
  get found(): StageFound | null {
    return this._found;
  }

  get problems(): readonly Problem[] {
    return this._problems;
  }

  /** Stage names that complete what is typed, those of the folder's other notebooks too. */
  get names(): readonly string[] {
    return [...new Set([...this.notebook.stageNames, ...this._names])];
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  setRole(role: Role): void {
    this._role = role;
    this._ask();
  }

  setStage(stage: string): void {
    this._stage = stage;
    this._ask();
  }

  exclude(item: Found): void {
    this._edit(this._holder(item), tag => (item.added ? dropFile(tag, item.name) : excludeFile(tag, item.name)));
  }

  /** Takes an exclusion back in whichever cell of the stage it is written. */
  restore(item: Found): void {
    this._editAll(tag => restoreFile(tag, item.name));
  }

  add(side: 'deps' | 'outs', path: string): void {
    this._edit(this.cells[0], tag => addFile(tag, side, path));
  }

  setKind(item: Found, kind: OutKind): void {
    this._edit(this._holder(item), tag => setOutKind(tag, item.name, kind));
  }

  /** Frozen and always live in `dvc.yaml`: the engine writes them (N1, N7). */
  async setOptions(options: { readonly frozen: boolean; readonly always: boolean }): Promise<void> {
    const doc = await this.notebook.link.settled();
    this.notebook.takeView(await this._bridge.request('stage/options', { doc, stage: this._stage, ...options }));
  }

  /** Gives all cells the role and name, as one undo step. False when the name cannot be a stage's. */
  commit(): boolean {
    if (!this.isValid) {
      return false;
    }
    const stage = this._role === 'stage' ? this._stage : null;
    this.notebook.setTags(
      new Map(
        this.cells.map((cell, i) => [
          cell,
          retag(i === 0 && this.isNew ? this._tag : this.notebook.tagOf(cell), this._role, stage)
        ])
      )
    );
    return true;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    clearTimeout(this._timer);
    this._asking?.abort();
    Signal.clearData(this);
  }

  /** The cell whose tag says something about a file: the one where it was found, if it is of this stage. */
  private _holder(item: Found): ICellModel | undefined {
    const cell = item.cell === null ? null : this.notebook.cellAt(item.cell);
    return cell !== null && this._members.includes(cell) ? cell : this._members[0];
  }

  private get _members(): readonly ICellModel[] {
    const members: readonly ICellModel[] = this.isNew ? [] : this.notebook.cellsOf(this._stage);
    return members.length === 0 ? this.cells : members;
  }

  private _edit(cell: ICellModel | undefined, change: (tag: CellTag) => CellTag): void {
    if (this.isNew || cell === undefined) {
      this._tag = change(this._tag);
    } else {
      this.notebook.setTags(new Map([[cell, change(this.notebook.tagOf(cell) ?? this._tag)]]));
    }
    this._ask(0);
  }

  private _editAll(change: (tag: CellTag) => CellTag): void {
    if (this.isNew) {
      this._tag = change(this._tag);
    } else {
      this.notebook.setTags(new Map(this._members.map(cell => [cell, change(this.notebook.tagOf(cell) ?? this._tag)])));
    }
    this._ask(0);
  }

  private _ask(pause = PAUSE): void {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => void this._preview(), pause);
    this._emit();
  }

  private async _preview(): Promise<void> {
    this._asking?.abort();
    const asking = new AbortController();
    this._asking = asking;
    const first = this.cells[0];
    const kept = this.isNew || first === undefined ? this._tag : this.notebook.tagOf(first);
    try {
      const doc = await this.notebook.link.settled();
      const cells = this.cells.map(cell => this.notebook.indexOf(cell)).filter(index => index >= 0);
      const tag = retag(kept, this._role, this._role === 'stage' ? this._stage : null);
      const answer = await this._bridge.request('notebook/preview', { doc, cells, tag }, asking.signal);
      if (!asking.signal.aborted && !this._isDisposed) {
        this._found = answer.found;
        this._problems = answer.problems;
        this._names = answer.names;
        this._emit();
      }
    } catch {
      // Without a bridge a cell can be tagged all the same; the panel says why there is no preview.
    }
  }

  private _emit(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private readonly _bridge: IBridge;
  private readonly _changed = new Signal<this, void>(this);
  private _tag: CellTag;
  private _role: Role;
  private _stage: string;
  private _found: StageFound | null = null;
  private _problems: readonly Problem[] = [];
  private _names: readonly string[] = [];
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _asking: AbortController | null = null;
  private _isDisposed = false;
}

/** What a `TagDraft` is made of. */
export interface ITagDraftOptions {
  readonly bridge: IBridge;
  readonly notebook: NotebookModel;
  readonly cells: readonly ICellModel[];
}
