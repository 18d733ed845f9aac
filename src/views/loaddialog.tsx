import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { LoadPlan } from '../../server-bridge/src/protocol/wire.js';
import { DialogBody } from './dialogbody.js';
import { CodeText } from './parts.js';
import { duration, fileSize } from './words.js';

/** Bytes of variables that a kernel reads in a second, for the estimate: Parquet and JSON on an ordinary disk. */
const BYTES_A_SECOND = 100_000_000;

function LoadBody(props: { readonly trans: TranslationBundle; readonly plan: LoadPlan }): React.JSX.Element {
  const { trans, plan } = props;
  const bytes = plan.variables.reduce((sum, item) => sum + item.bytes, 0);
  const pickles = plan.variables.filter(item => item.pickle);
  return (
    <>
      <p>
        {trans.__(
          '%1 and the setup go into the live kernel: %2, about %3. Names that are there already are replaced.',
          trans._n('%1 variable', '%1 variables', plan.variables.length),
          fileSize(bytes),
          duration(trans, bytes / BYTES_A_SECOND)
        )}
      </p>
      <table className="cellar-Plan">
        <thead>
          <tr>
            <th scope="col">{trans.__('Variable')}</th>
            <th scope="col">{trans.__('From')}</th>
            <th scope="col">{trans.__('Format')}</th>
            <th scope="col" className="cellar-mod-right">
              {trans.__('Size')}
            </th>
          </tr>
        </thead>
        <tbody>
          {plan.variables.map(item => (
            <tr key={item.name}>
              <th scope="row" className="cellar-code cellar-ellipsis">
                {item.name}
              </th>
              <td className="cellar-ellipsis">{item.stage}</td>
              <td>{item.format}</td>
              <td className="cellar-mod-right cellar-num">{fileSize(item.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {pickles.length > 0 && (
        <div className="cellar-Notice" data-cellar-state="stale">
          <span>
            {trans.__(
              'Pickles run code when they are loaded: %1.',
              pickles.map(item => trans.__('%1 of %2', item.name, item.stage)).join(', ')
            )}
          </span>
        </div>
      )}
      {plan.missing.length > 0 && (
        <>
          <p>{trans.__('Left out, because they are not fresh; using one raises an error that says so:')}</p>
          <ul className="cellar-Commands">
            {plan.missing.map(item => (
              <li key={item.name}>
                <code>{item.name}</code> {trans.__('of %1:', item.stage)} <CodeText text={item.reason} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

/** Sizes, time and what is left out, before anything is loaded (N59). */
export async function askLoad(trans: TranslationBundle, plan: LoadPlan): Promise<boolean> {
  const result = await showDialog({
    title: trans.__('Load results up to here'),
    body: new DialogBody(null, () => <LoadBody trans={trans} plan={plan} />),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({
        label: plan.variables.some(item => item.pickle) ? trans.__('Load with pickles') : trans.__('Load')
      })
    ]
  });
  return result.button.accept;
}
