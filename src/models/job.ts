import { type ISignal, Signal } from '@lumino/signaling';
import type { IDisposable } from '@lumino/disposable';
import type { ErrorData } from '../../server-bridge/src/protocol/errors.js';
import type { Job, JobEvent, JobState } from '../../server-bridge/src/protocol/job.js';
import type { PlanItem } from '../../server-bridge/src/protocol/state.js';
import type { BridgeNotification, IBridge } from '../tokens.js';

/** One stage of a run as the strip and the chips show it. */
export interface IJobStep {
  readonly address: string;
  readonly name: string;
  readonly own: boolean;
  readonly item: PlanItem | null;
  readonly step: 'planned' | Extract<JobEvent, { type: 'stage' }>['step'];
  /** Words of the engine about the step: who holds the lock, what was restored. */
  readonly text: string | null;
  readonly error: ErrorData | null;
  /** Milliseconds since the epoch at which this tab heard of the start, null before. */
  readonly startedAt: number | null;
  readonly seconds: number | null;
}

const ENDED: readonly JobState[] = ['done', 'failed', 'cancelled', 'interrupted'];

/**
 * One run, built from its numbered events: asks for what it missed, ignores what it has (N54). Lives as long as somebody
 * shows it; the run itself lives in the bridge.
 */
export class JobModel implements IDisposable {
  constructor(options: IJobModelOptions) {
    this._bridge = options.bridge;
    this._path = options.path;
    this._job = options.job;
    this._now = options.now ?? (() => Date.now());
    this._bridge.notified.connect(this._onNotified, this);
    this._bridge.connected.connect(this._onConnected, this);
  }

  get id(): string {
    return this._job.id;
  }

  get state(): JobState {
    return this._state;
  }

  get ended(): boolean {
    return ENDED.includes(this._state);
  }

  get error(): ErrorData | null {
    return this._error;
  }

  /** Number of the newest event that was applied. */
  get last(): number {
    return this._last;
  }

  get steps(): readonly IJobStep[] {
    return [...this._steps.values()];
  }

  /** What the run says between its steps, as for whom it waits; null once a step goes on. */
  get said(): string | null {
    return this._said;
  }

  /** Each event once, in order, replayed ones too. */
  get event(): ISignal<this, JobEvent> {
    return this._event;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Fetches every event after the last one known and applies it. */
  async replay(): Promise<void> {
    if (this._replaying !== null) {
      this._again = true;
      return this._replaying;
    }
    this._replaying = this._fetch().finally(() => {
      this._replaying = null;
    });
    return this._replaying;
  }

  /** Asks the engine to stop: interrupt, terminate, kill, within three seconds. */
  async stop(): Promise<void> {
    await this._bridge.request('run/stop', { job: this.id, path: this._path });
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      Signal.clearData(this);
    }
  }

  private async _fetch(): Promise<void> {
    do {
      this._again = false;
      const { job, events } = await this._bridge.request('job/replay', {
        job: this.id,
        path: this._path,
        from: this._last
      });
      if (this._isDisposed) {
        return;
      }
      this._job = job;
      for (const event of events) {
        this._apply(event);
      }
      this._drain();
      // A run that ended without a last word (its owner died) says so in the job itself.
      if (ENDED.includes(job.state) && !this.ended && this._last >= job.last) {
        this._state = job.state;
        this._error = job.error;
        this._changed.emit();
      }
    } while (this._again);
  }

  private _onNotified(_sender: IBridge, { name, params }: BridgeNotification): void {
    if (name !== 'job/event' || params.job !== this.id) {
      return;
    }
    if (params.event.n === this._last + 1) {
      this._apply(params.event);
      this._drain();
    } else if (params.event.n > this._last) {
      this._early.set(params.event.n, params.event);
      // Whatever goes wrong here happens again, visibly, with the next request.
      void this.replay().catch(() => undefined);
    }
  }

  private _onConnected(): void {
    if (!this.ended) {
      void this.replay().catch(() => undefined);
    }
  }

  private _drain(): void {
    for (let next = this._early.get(this._last + 1); next !== undefined; next = this._early.get(this._last + 1)) {
      this._early.delete(next.n);
      this._apply(next);
    }
    for (const n of this._early.keys()) {
      if (n <= this._last) {
        this._early.delete(n);
      }
    }
  }

  private _apply(event: JobEvent): void {
    if (event.n !== this._last + 1) {
      return;
    }
    this._last = event.n;
    switch (event.type) {
      case 'state':
        this._state = event.state;
        this._error = event.error;
        break;
      case 'plan':
        for (const item of event.items) {
          this._step(item.address, item.name, { item, own: item.own });
        }
        break;
      case 'stage':
        this._said = null;
        this._step(event.address, event.name, {
          step: event.step,
          text: event.text ?? null,
          error: event.error ?? null,
          seconds: event.seconds ?? null,
          ...(event.step === 'started' ? { startedAt: this._now() } : {})
        });
        break;
      case 'progress':
        this._said = event.text;
        break;
      case 'runner':
      case 'output':
        break;
    }
    this._event.emit(event);
    if (event.type !== 'runner' && event.type !== 'output') {
      this._changed.emit();
    }
  }

  private _step(address: string, name: string, change: Partial<IJobStep>): void {
    const before = this._steps.get(address) ?? {
      address,
      name,
      own: false,
      item: null,
      step: 'planned',
      text: null,
      error: null,
      startedAt: null,
      seconds: null
    };
    this._steps.set(address, { ...before, ...change });
  }

  private readonly _bridge: IBridge;
  private readonly _path: string;
  private readonly _now: () => number;
  private readonly _event = new Signal<this, JobEvent>(this);
  private readonly _changed = new Signal<this, void>(this);
  private readonly _steps = new Map<string, IJobStep>();
  private readonly _early = new Map<number, JobEvent>();
  private _job: Job;
  private _state: JobState = 'queued';
  private _error: ErrorData | null = null;
  private _said: string | null = null;
  private _last = 0;
  private _replaying: Promise<void> | null = null;
  private _again = false;
  private _isDisposed = false;
}

/** What a `JobModel` is made of. */
export interface IJobModelOptions {
  readonly bridge: IBridge;
  readonly job: Job;
  /** Contents path of the notebook: says which project the job belongs to. */
  readonly path: string;
  readonly now?: () => number;
}
