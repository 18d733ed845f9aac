import type { ICellModel } from '@jupyterlab/cells';
import type { WireCell } from '../../server-bridge/src/protocol/wire.js';
import { METADATA_KEY } from '../stages/tags.js';

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];
}

/** A cell as the bridge sees it; the text of markdown and raw cells is none of its business. */
export function toWire(cell: ICellModel): WireCell {
  const code = cell.type === 'code';
  return {
    type: code ? 'code' : cell.type === 'markdown' ? 'markdown' : 'raw',
    id: cell.id,
    source: code ? cell.sharedModel.getSource() : '',
    tag: code ? (cell.getMetadata(METADATA_KEY) ?? null) : null,
    tags: strings(cell.getMetadata('tags'))
  };
}
