import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { StageState } from '../../server-bridge/src/protocol/state.js';
import type { IJobStep, JobModel } from '../models/job.js';
import { Button, CodeText, State } from './parts.js';
import { Icon } from './icons.js';
import { useNow } from './seconds.js';
import { actionState, clock, duration, fileSize, plainText } from './words.js';

const OVER = ['skipped', 'restored', 'done', 'failed', 'not-run'];

/** The state whose shape stands for a step. */
function stepState(step: IJobStep): StageState {
  switch (step.step) {
    case 'started':
    case 'saving':
      return 'running';
    case 'done':
    case 'skipped':
    case 'restored':
      return 'fresh';
    case 'failed':
      return 'failed';
    case 'not-run':
      return 'pending';
    case 'waiting':
      return 'queued';
    case 'queued':
    case 'planned':
      return step.item === null ? 'queued' : actionState(step.item.action);
  }
}

/** The word after a step's name. */
function stepWords(trans: TranslationBundle, step: IJobStep, now: number): string {
  const expected = step.item?.expected ?? null;
  switch (step.step) {
    case 'started': {
      const time = clock((now - (step.startedAt ?? now)) / 1000);
      return expected === null ? time : trans.__('%1 of %2', time, clock(expected));
    }
    case 'saving':
      return trans.__('saving');
    case 'skipped':
      return trans.__('skipped');
    case 'restored':
      return trans.__('restored');
    case 'failed':
      return trans.__('failed');
    case 'not-run':
      return trans.__('not run');
    case 'waiting':
      // For whom is said once, at the end of the line.
      return step.text ?? '';
    case 'done':
      return step.seconds === null ? trans.__('done') : clock(step.seconds);
    default:
      if (step.item?.action === 'restore' && step.item.bytes !== null) {
        return trans.__('restore %1', fileSize(step.item.bytes));
      }
      return expected === null ? '' : trans.__('about %1', duration(trans, expected));
  }
}

/** Whether a step computes, now or when whoever holds the lock has ended. */
function isToRun({ item }: IJobStep): boolean {
  return item?.action === 'run' || item?.action === 'wait';
}

/** Seconds that the rest is expected to take, null when any part of it is unknown. */
function rest(steps: readonly IJobStep[], now: number): number | null {
  let left = 0;
  for (const step of steps.filter(item => !OVER.includes(item.step) && isToRun(item))) {
    const expected = step.item?.expected ?? null;
    if (expected === null) {
      return null;
    }
    left += Math.max(0, expected - (step.startedAt === null ? 0 : (now - step.startedAt) / 1000));
  }
  return left;
}

function Running(props: { readonly trans: TranslationBundle; readonly job: JobModel }): React.JSX.Element {
  const { trans, job } = props;
  const now = useNow(true);
  const steps = job.steps;
  const over = steps.filter(step => OVER.includes(step.step)).length;
  const left = rest(steps, now);
  return (
    <>
      <b className="cellar-num">{trans.__('%1 of %2', over, steps.length)}</b>
      <ul className="cellar-Strip-steps">
        {steps.map(step => (
          <li key={step.address} data-cellar-state={stepState(step)} data-cellar-stage={step.name}>
            <Icon name={stepState(step)} className="cellar-StateIcon" />
            <b className="cellar-ellipsis">{step.name}</b>{' '}
            <span className="cellar-num">{stepWords(trans, step, now)}</span>
          </li>
        ))}
      </ul>
      {job.said !== null && (
        <span className="cellar-ellipsis cellar-muted" title={plainText(job.said)}>
          <CodeText text={job.said} />
        </span>
      )}
      <span className="cellar-Strip-grow" />
      {left !== null && left > 0 && (
        <span className="cellar-num">{trans.__('about %1 left', duration(trans, left))}</span>
      )}
      <span className="cellar-Bar" aria-hidden="true">
        <i style={{ width: `${steps.length === 0 ? 0 : (100 * over) / steps.length}%` }} />
      </span>
    </>
  );
}

function isBlocked(step: IJobStep): boolean {
  return step.item?.action === 'blocked';
}

function count(steps: readonly IJobStep[], step: IJobStep['step']): number {
  return steps.filter(item => item.step === step).length;
}

function Ended(props: {
  readonly trans: TranslationBundle;
  readonly job: JobModel;
  readonly goToError: (step: IJobStep) => void;
}): React.JSX.Element {
  const { trans, job } = props;
  const { steps } = job;
  // A stage that was stopped counts as failed in its own event; the run was stopped.
  const failed = job.state === 'failed' ? (steps.find(step => step.step === 'failed') ?? null) : null;
  const blocked = steps.filter(isBlocked).length;
  const skipped = steps.filter(step => step.step === 'skipped' && !isBlocked(step)).length;
  const sum = [
    [count(steps, 'done'), trans.__('%1 ran', count(steps, 'done'))] as const,
    [count(steps, 'restored'), trans.__('%1 restored', count(steps, 'restored'))] as const,
    [skipped, trans.__('%1 skipped', skipped)] as const,
    [blocked, trans.__('%1 blocked', blocked)] as const,
    [count(steps, 'not-run'), trans.__('%1 not run', count(steps, 'not-run'))] as const
  ]
    .filter(([n]) => n > 0)
    .map(([, text]) => text)
    .join(', ');
  if (failed !== null) {
    const time = failed.seconds === null ? '' : clock(failed.seconds);
    return (
      <>
        <State trans={trans} state="failed" word={null} />
        <b>{time === '' ? trans.__('%1 failed', failed.name) : trans.__('%1 failed after %2', failed.name, time)}</b>
        <span className="cellar-ellipsis">
          {failed.error?.code === 'E_DEP_CHANGED'
            ? trans.__('%1. Its new outs are kept, but not recorded.', sum)
            : trans.__('%1. The outs of the failed stage are as they were before.', sum)}
        </span>
        <span className="cellar-Strip-grow" />
        {failed.own && (
          <Button kind="small" onClick={() => props.goToError(failed)}>
            {trans.__('Go to the error')}
          </Button>
        )}
      </>
    );
  }
  const done = job.state === 'done';
  // Whoever pressed Stop is told by the engine how to go on with a command; here a button does.
  const next = job.state === 'failed' ? job.error?.next : undefined;
  const words: Partial<Record<typeof job.state, string>> = {
    done:
      sum === ''
        ? trans.__('Everything is up to date')
        : blocked > 0 && count(steps, 'done') + count(steps, 'restored') === 0
          ? trans.__('Nothing ran: %1. The problems say why.', sum)
          : trans.__('Done: %1', sum),
    cancelled: trans.__(
      'Stopped: %1. Outs of the stopped stage are back in place; Reproduce goes on where it was.',
      sum === '' ? trans.__('nothing ran') : sum
    ),
    interrupted: trans.__(
      'Interrupted: %1. Reproduce goes on where it was.',
      sum === '' ? trans.__('nothing ran') : sum
    )
  };
  return (
    <>
      <State trans={trans} state={!done ? 'failed' : blocked > 0 ? 'blocked' : 'fresh'} word={null} />
      <span className="cellar-ellipsis">{words[job.state] ?? job.error?.message ?? trans.__('The run failed.')}</span>
      {next !== undefined && <span className="cellar-ellipsis cellar-muted">{next}</span>}
      <span className="cellar-Strip-grow" />
    </>
  );
}

/** One run: each step while it runs, one sentence when it has ended. */
export function JobLine(props: {
  readonly trans: TranslationBundle;
  readonly job: JobModel;
  readonly goToError: (step: IJobStep) => void;
}): React.JSX.Element {
  return props.job.ended ? <Ended {...props} /> : <Running trans={props.trans} job={props.job} />;
}
