import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Plan, PlanItem } from '../../server-bridge/src/protocol/state.js';
import { DialogBody } from './dialogbody.js';
import { CodeText, State } from './parts.js';
import { actionState, actionWord, duration, fileSize } from './words.js';

function expected(trans: TranslationBundle, item: PlanItem): string {
  if (item.action === 'restore' && item.bytes !== null) {
    return fileSize(item.bytes);
  }
  return (item.action === 'run' || item.action === 'wait') && item.expected !== null
    ? duration(trans, item.expected)
    : '';
}

/** What the plan comes to, in one sentence: *2 run, 1 restored, 1 skipped.* */
export function planSum(trans: TranslationBundle, plan: Plan): string {
  const count = (action: PlanItem['action']): number => plan.items.filter(item => item.action === action).length;
  const parts = [
    { n: count('run'), text: trans.__('%1 run', count('run')) },
    { n: count('restore'), text: trans.__('%1 restored', count('restore')) },
    { n: count('skip'), text: trans.__('%1 skipped', count('skip')) },
    { n: count('wait'), text: trans.__('%1 waiting', count('wait')) },
    { n: count('blocked'), text: trans.__('%1 blocked', count('blocked')) }
  ];
  return parts
    .filter(part => part.n > 0)
    .map(part => part.text)
    .join(', ');
}

function PlanTable(props: { readonly trans: TranslationBundle; readonly plan: Plan }): React.JSX.Element {
  const { trans, plan } = props;
  return (
    <table className="cellar-Plan">
      <thead>
        <tr>
          <th scope="col">{trans.__('Stage')}</th>
          <th scope="col">{trans.__('Plan')}</th>
          <th scope="col">{trans.__('Why')}</th>
          <th scope="col" className="cellar-mod-right">
            {trans.__('Expected')}
          </th>
        </tr>
      </thead>
      <tbody>
        {plan.items.map(item => (
          <tr key={item.address} data-cellar-stage={item.name}>
            <th scope="row" className="cellar-ellipsis" title={item.address}>
              {item.name}
            </th>
            <td>
              <State trans={trans} state={actionState(item.action)} word={actionWord(trans, item.action)} />
            </td>
            <td>
              <CodeText text={item.reasons[0]?.text ?? (item.action === 'skip' ? trans.__('fresh') : '')} />
            </td>
            <td className="cellar-mod-right cellar-num">{expected(trans, item)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function PlanBody(props: { readonly trans: TranslationBundle; readonly plan: Plan }): React.JSX.Element {
  const { trans, plan } = props;
  return (
    <>
      <PlanTable trans={trans} plan={plan} />
      <p>
        <b>{trans.__('%1.', planSum(trans, plan))}</b>{' '}
        {plan.expected !== null && plan.expected > 0 ? trans.__('About %1.', duration(trans, plan.expected)) : null}
      </p>
      {plan.downstream.length > 0 && <p>{trans.__('Turn pending elsewhere: %1.', plan.downstream.join(', '))}</p>}
      <p className="cellar-muted">{trans.__('Shift-click on Reproduce always shows this')}</p>
    </>
  );
}

/** Shows what a run would do, stage by stage, and asks whether to do it. Esc and *Cancel* say no. */
export async function askPlan(trans: TranslationBundle, title: string, plan: Plan): Promise<boolean> {
  const result = await showDialog({
    title,
    body: new DialogBody(null, () => <PlanBody trans={trans} plan={plan} />),
    buttons: [Dialog.cancelButton({ label: trans.__('Cancel') }), Dialog.okButton({ label: trans.__('Reproduce') })]
  });
  return result.button.accept;
}
