import type { ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { PartialJSONObject } from '@lumino/coreutils';
import type { NotebookEdit } from '../../server-bridge/src/protocol/analysis.js';
import { type CellTag, METADATA_KEY } from './tags.js';

/** The edits were made for a notebook that has changed since: nothing was applied. */
export class StaleEdits extends Error {}

/** A place in the list of cells while the edits are worked through: a cell that is there, or one that will be. */
interface ISlot {
  readonly cell: ICellModel | null;
  tag: CellTag | null | undefined;
  source: string | undefined;
}

type Step = { readonly slot: ISlot; readonly from: number | null; readonly to: number };

/**
 * Works the edits through on a list of slots, in order, so that each index means what it meant to the bridge.
 * Throws `StaleEdits` when a cell is not the one meant.
 */
function plan(model: INotebookModel, edits: readonly NotebookEdit[]): { slots: ISlot[]; steps: Step[] } {
  const order: ISlot[] = Array.from(model.cells, cell => ({ cell, tag: undefined, source: undefined }));
  const slots = [...order];
  const steps: Step[] = [];
  const at = (index: number, id: string | null): ISlot => {
    const slot = order[index];
    if (slot === undefined || (id !== null && slot.cell !== null && slot.cell.id !== id)) {
      throw new StaleEdits(`cell ${index} is another one by now`);
    }
    return slot;
  };
  for (const edit of edits) {
    switch (edit.edit) {
      case 'tag':
        at(edit.cell, edit.id).tag = edit.tag;
        break;
      case 'source':
        at(edit.cell, edit.id).source = edit.source;
        break;
      case 'insert': {
        const slot: ISlot = { cell: null, tag: edit.tag, source: edit.source };
        order.splice(edit.cell, 0, slot);
        steps.push({ slot, from: null, to: edit.cell });
        break;
      }
      case 'move': {
        const slot = at(edit.cell, edit.id);
        order.splice(edit.cell, 1);
        order.splice(edit.to, 0, slot);
        steps.push({ slot, from: edit.cell, to: edit.to });
        break;
      }
      case 'metadata':
        break;
    }
  }
  return { slots, steps };
}

function setTag(cell: ICellModel, tag: CellTag | null): void {
  if (tag === null) {
    cell.deleteMetadata(METADATA_KEY);
  } else {
    cell.setMetadata(METADATA_KEY, tag);
  }
}

function setNotebookKey(model: INotebookModel, key: string, value: unknown): void {
  const before: unknown = model.getMetadata(METADATA_KEY);
  const tag: Record<string, unknown> = { version: 1, ...(typeof before === 'object' ? before : null) };
  if (value === null || value === undefined) {
    delete tag[key];
  } else {
    tag[key] = value;
  }
  model.setMetadata(METADATA_KEY, tag);
}

/** Inside a transaction the shared list of cells lags behind its own changes, so a move is a removal and an insertion. */
function place(model: INotebookModel, { slot, from, to }: Step): void {
  if (from !== null) {
    const json = slot.cell?.sharedModel.toJSON();
    model.sharedModel.deleteCell(from);
    if (json !== undefined) {
      model.sharedModel.insertCell(to, json);
      return;
    }
  }
  const metadata = slot.tag == null ? {} : { [METADATA_KEY]: slot.tag as PartialJSONObject };
  model.sharedModel.insertCell(to, { cell_type: 'code', source: slot.source ?? '', metadata });
}

/**
 * Applies a list of edits as one undo step: all or, when the notebook has changed since, none (`StaleEdits`).
 * The notebook's own transaction is what makes metadata undoable; a bare `setMetadata` is not.
 */
export function applyEdits(model: INotebookModel, edits: readonly NotebookEdit[]): void {
  const { slots, steps } = plan(model, edits);
  model.sharedModel.transact(() => {
    for (const { cell, tag, source } of slots) {
      if (cell !== null && source !== undefined) {
        cell.sharedModel.setSource(source);
      }
      if (cell !== null && tag !== undefined) {
        setTag(cell, tag);
      }
    }
    for (const step of steps) {
      place(model, step);
    }
    for (const edit of edits) {
      if (edit.edit === 'metadata') {
        setNotebookKey(model, edit.key, edit.value);
      }
    }
  });
}

/** Sets the tags of some cells as one undo step; null takes the tag away. */
export function setTags(model: INotebookModel, tags: ReadonlyMap<ICellModel, CellTag | null>): void {
  model.sharedModel.transact(() => {
    for (const [cell, tag] of tags) {
      setTag(cell, tag);
    }
  });
}

/** Whether a cell holds code: only such cells can be tagged. */
export function isCode(cell: ICellModel): cell is ICodeCellModel {
  return cell.type === 'code';
}
