import { Signal } from '@lumino/signaling';
import type { JobEvent } from '../../server-bridge/src/protocol/job.js';
import type {
  NotebookView,
  RequestName,
  RequestParams,
  RequestResult,
  StageView,
  WireCell
} from '../../server-bridge/src/protocol/wire.js';
import type { BridgeNotification, IBridge, IBridgeStatus } from '../tokens.js';

type Handlers = { [N in RequestName]?: (params: RequestParams<N>) => RequestResult<N> | Promise<RequestResult<N>> };

/** A bridge at the `IBridge` token: keeps the cells of one notebook as the real one does, and records what it is asked. */
export class FakeBridge implements IBridge {
  readonly clientId = 'tab-1';
  root: string | null = '/home';
  isDisposed = false;
  readonly statusChanged = new Signal<this, IBridgeStatus>(this);
  readonly connected = new Signal<this, void>(this);
  readonly notified = new Signal<this, BridgeNotification>(this);
  readonly asked: { name: RequestName; params: unknown }[] = [];
  readonly handlers: Handlers = {};
  status: IBridgeStatus = { state: 'ready', text: '', next: null, retryAt: null };
  cells: WireCell[] = [];
  version = 0;
  stages: Partial<StageView>[] = [];
  more: Partial<NotebookView> = {};
  events: JobEvent[] = [];

  constructor() {
    this.handlers['notebook/open'] = params => {
      this.cells = [...params.cells];
      this.version = params.version;
      return this.view();
    };
    this.handlers['notebook/change'] = params => {
      this.version = params.version;
      for (const { start, remove, insert } of params.deltas) {
        this.cells.splice(start, remove, ...insert);
      }
      return {};
    };
    this.handlers['notebook/close'] = () => ({});
    this.handlers['notebook/saved'] = () => this.view();
  }

  async request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>> {
    this.asked.push({ name, params });
    const handler = this.handlers[name];
    if (handler === undefined) {
      throw new Error(`no handler for ${name}`);
    }
    return handler(params);
  }

  retry(): void {
    this.connected.emit();
  }

  dispose(): void {
    this.isDisposed = true;
  }

  view(): NotebookView {
    return {
      doc: 'd1',
      version: this.version,
      project: '/p',
      trust: 'trusted',
      stages: this.stages.map(stage => ({
        name: 'train',
        address: stage.name ?? 'train',
        state: 'fresh',
        marks: [],
        reasons: [],
        cells: [],
        expected: null,
        frozen: false,
        always: false,
        found: { inputs: [], outputs: [] },
        recorded: null,
        ...stage
      })),
      cells: this.cells.map(() => ({ role: 'scratch', stage: null, params: [] })),
      problems: [],
      held: null,
      job: null,
      ...this.more
    };
  }

  pushView(): void {
    this.notified.emit({ name: 'notebook/view', params: this.view() });
  }

  /** Numbers an event, keeps it for replays, and sends it unless `silent`. */
  emit(event: Unnumbered, silent = false): JobEvent {
    const numbered = { n: this.events.length + 1, ...event };
    this.events.push(numbered);
    if (!silent) {
      this.notified.emit({ name: 'job/event', params: { job: 'j1', notebook: 'a.ipynb', event: numbered } });
    }
    return numbered;
  }

  names(): RequestName[] {
    return this.asked.map(item => item.name);
  }
}

type DropNumber<T> = T extends unknown ? Omit<T, 'n'> : never;
export type Unnumbered = DropNumber<JobEvent>;
