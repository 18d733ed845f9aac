import { describe, expect, it } from 'vitest';
import type { Job, JobEvent } from '../../server-bridge/src/protocol/job.js';
import { JobModel } from '../models/job.js';
import { JOB } from './jobfixture.js';
import { FakeBridge, type Unnumbered } from './fakebridge.js';
import { settle } from './settle.js';

function item(name: string, action: 'run' | 'skip'): Extract<Unnumbered, { type: 'plan' }>['items'][number] {
  return { address: name, name, own: true, action, reasons: [], expected: 2, bytes: null };
}

function withReplay(bridge: FakeBridge, job: Job = JOB): FakeBridge {
  bridge.handlers['job/replay'] = ({ from }) => ({
    job: { ...job, last: bridge.events.length },
    events: bridge.events.filter(event => event.n > from)
  });
  return bridge;
}

function run(bridge: FakeBridge, silent: readonly number[] = []): void {
  const events: Unnumbered[] = [
    { type: 'state', state: 'running', error: null },
    { type: 'plan', items: [item('load', 'skip'), item('train', 'run')] },
    { type: 'stage', address: 'load', name: 'load', step: 'skipped' },
    { type: 'stage', address: 'train', name: 'train', step: 'started' },
    { type: 'stage', address: 'train', name: 'train', step: 'done', seconds: 1.5 },
    { type: 'state', state: 'done', error: null }
  ];
  events.forEach((event, i) => bridge.emit(event, silent.includes(i + 1)));
}

function seen(model: JobModel): number[] {
  const numbers: number[] = [];
  model.event.connect((_sender: JobModel, event: JobEvent) => numbers.push(event.n));
  return numbers;
}

describe('a run (N54)', () => {
  it('shows each stage as its events say', () => {
    const bridge = withReplay(new FakeBridge());
    const model = new JobModel({ bridge, job: JOB, path: 'a.ipynb', now: () => 5000 });
    run(bridge);
    expect(model.state).toBe('done');
    expect(model.steps.map(step => [step.name, step.step, step.item?.action, step.startedAt, step.seconds])).toEqual([
      ['load', 'skipped', 'skip', null, null],
      ['train', 'done', 'run', 5000, 1.5]
    ]);
  });

  it('says for whom it waits until a stage goes on', () => {
    const bridge = withReplay(new FakeBridge());
    const model = new JobModel({ bridge, job: JOB, path: 'a.ipynb' });
    bridge.emit({ type: 'state', state: 'running', error: null });
    bridge.emit({ type: 'progress', done: 0, total: null, unit: 'stages', text: 'waiting for `dvc repro`' });
    expect(model.said).toBe('waiting for `dvc repro`');
    bridge.emit({ type: 'stage', address: 'train', name: 'train', step: 'started' });
    expect(model.said).toBeNull();
  });

  it('asks for events that were left out, and applies each once and in order', async () => {
    const bridge = withReplay(new FakeBridge());
    const model = new JobModel({ bridge, job: JOB, path: 'a.ipynb' });
    const numbers = seen(model);
    run(bridge, [2, 3]);
    await settle();
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6]);
    expect(model.ended).toBe(true);
  });

  it('can be told from the beginning by a tab that comes later', async () => {
    const bridge = withReplay(new FakeBridge());
    run(bridge, [1, 2, 3, 4, 5, 6]);
    const model = new JobModel({ bridge, job: JOB, path: 'a.ipynb' });
    const numbers = seen(model);
    await model.replay();
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6]);
    expect(model.state).toBe('done');
  });

  it('goes on from the last number after a reconnect', async () => {
    const bridge = withReplay(new FakeBridge());
    const model = new JobModel({ bridge, job: JOB, path: 'a.ipynb' });
    bridge.emit({ type: 'state', state: 'running', error: null });
    run(bridge, [1, 2, 3, 4, 5, 6]);
    bridge.connected.emit();
    await settle();
    expect(bridge.asked.at(-1)?.params).toEqual({ job: 'j1', path: 'a.ipynb', from: 1 });
    expect(model.last).toBe(7);
  });

  it('takes the end from the job when its owner died without a last word', async () => {
    const error = { code: 'E_INTERRUPTED', message: 'The process ended.', exit: 255 };
    const bridge = withReplay(new FakeBridge(), { ...JOB, state: 'interrupted', error });
    bridge.emit({ type: 'state', state: 'running', error: null }, true);
    const model = new JobModel({ bridge, job: JOB, path: 'a.ipynb' });
    await model.replay();
    expect(model.state).toBe('interrupted');
    expect(model.error).toEqual(error);
  });
});
