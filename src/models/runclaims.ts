const PREFIX = 'jupyterlab-cellar:run:';

/** Where claims are kept between tabs of one browser. */
export interface IClaimStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Remembers, across tabs and reloads of this browser, the runs whose outputs are still owed to a notebook: noted when a
 * run is started here, crossed out when its end has been shown. A Web Lock held while the tab lives tells a tab that is
 * gone from one that still writes; without locks (an insecure page) a noted run counts as left behind.
 */
export class RunClaims {
  constructor(
    private readonly _store: IClaimStore | undefined = globalThis.localStorage,
    private readonly _locks: LockManager | undefined = globalThis.navigator?.locks
  ) {}

  /** This tab writes the outputs of a run that it started. */
  async claim(job: string): Promise<void> {
    this._store?.setItem(PREFIX + job, '1');
    await this._hold(job);
  }

  /** Takes over a run that was started in this browser and whose tab is gone; false when it is not ours to write. */
  async inherit(job: string): Promise<boolean> {
    return this._store?.getItem(PREFIX + job) != null && (await this._hold(job));
  }

  /** The end of the run has been shown. */
  finish(job: string): void {
    this._store?.removeItem(PREFIX + job);
    this.release(job);
  }

  /** The notebook was closed: the next that opens it may take over. */
  release(job: string): void {
    this._held.get(job)?.();
    this._held.delete(job);
  }

  private async _hold(job: string): Promise<boolean> {
    if (this._locks === undefined) {
      return true;
    }
    return new Promise(resolve => {
      // Where locks are refused (an opaque origin), there is no second tab to share with either.
      this._locks
        ?.request(PREFIX + job, { ifAvailable: true }, async lock => {
          resolve(lock !== null);
          if (lock !== null) {
            await new Promise<void>(release => this._held.set(job, release));
          }
        })
        .catch(() => resolve(true));
    });
  }

  private readonly _held = new Map<string, () => void>();
}
