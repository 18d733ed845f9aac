import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { RequestResult } from '../../server-bridge/src/protocol/wire.js';
import { isStageName } from '../stages/tags.js';
import { DialogBody } from './dialogbody.js';
import { roleWord } from './words.js';

type NeededCell = RequestResult<'notebook/needs'>['cells'][number];

/** The cells that were ticked, with the stage name that each gets; null for other roles. */
export type NeedsChoice = ReadonlyMap<number, string | null>;

function NeedsBody(props: {
  readonly trans: TranslationBundle;
  readonly stage: string;
  readonly cells: readonly NeededCell[];
  readonly value: NeedsChoice;
  readonly set: (value: NeedsChoice) => void;
}): React.JSX.Element {
  const { trans, cells, value } = props;
  const change = (cell: NeededCell, stage: string | null | undefined): void => {
    const next = new Map(value);
    if (stage === undefined) {
      next.delete(cell.cell);
    } else {
      next.set(cell.cell, stage);
    }
    props.set(next);
  };
  return (
    <>
      <p>{trans._n('%2 needs %1 cell above it.', '%2 needs %1 cells above it.', cells.length, props.stage)}</p>
      <table className="cellar-Plan">
        <thead>
          <tr>
            <th scope="col">{trans.__('Cell')}</th>
            <th scope="col">{trans.__('Begins with')}</th>
            <th scope="col">{trans.__('Makes')}</th>
            <th scope="col">{trans.__('Becomes')}</th>
          </tr>
        </thead>
        <tbody>
          {cells.map(cell => (
            <tr key={cell.cell}>
              <td>
                <label className="cellar-Check">
                  <input
                    type="checkbox"
                    checked={value.has(cell.cell)}
                    onChange={event => change(cell, event.target.checked ? cell.stage : undefined)}
                  />
                  {cell.cell + 1}
                </label>
              </td>
              <td className="cellar-code cellar-ellipsis" title={cell.begins}>
                {cell.begins}
              </td>
              <td className="cellar-ellipsis" title={cell.makes.join(', ')}>
                {cell.makes.join(', ')}
              </td>
              <td>
                {roleWord(trans, cell.role)}{' '}
                {cell.role === 'stage' && (
                  <input
                    className="cellar-Input cellar-mod-inline"
                    aria-label={trans.__('Stage of cell %1', cell.cell + 1)}
                    disabled={!value.has(cell.cell)}
                    value={value.get(cell.cell) ?? ''}
                    onChange={event => change(cell, event.target.value)}
                  />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="cellar-muted">{trans.__('Nothing runs. One undo takes it all back.')}</p>
    </>
  );
}

/** Previews what the cells become; null when it was cancelled or a name cannot be a stage's. */
export async function askNeeds(
  trans: TranslationBundle,
  stage: string,
  cells: readonly NeededCell[]
): Promise<NeedsChoice | null> {
  const all: NeedsChoice = new Map(cells.map(cell => [cell.cell, cell.stage]));
  const result = await showDialog<NeedsChoice>({
    title: trans.__('Tag the cells this needs'),
    body: new DialogBody<NeedsChoice>(all, (value, set) => (
      <NeedsBody trans={trans} stage={stage} cells={cells} value={value} set={set} />
    )),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans._n('Tag %1 cell', 'Tag %1 cells', cells.length) })
    ]
  });
  const chosen = result.button.accept ? result.value : null;
  return chosen !== null && [...chosen.values()].every(name => name === null || isStageName(name)) ? chosen : null;
}
