import type { IDisposable } from '@lumino/disposable';

/** How long to wait at least after something has changed, in ms. */
const SOONEST = 2000;

/** How long to wait while nothing changes, in ms. */
const LATEST = 10_000;

/** Asks while somebody looks: soon after a change, slowly otherwise. */
export class Poller implements IDisposable {
  constructor(private _ask: () => Promise<void>) {}

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Whether somebody looks; what becomes active asks at once. */
  set active(active: boolean) {
    if (active !== this._active) {
      this._active = active;
      this._plan(0);
    }
  }

  /** Ask soon: something has changed. */
  poke(): void {
    if (this._asking > 0) {
      this._again = true;
    } else {
      this._plan(this._soon());
    }
  }

  /** Ask at once, even if an answer is due that is from before. */
  async now(): Promise<void> {
    clearTimeout(this._timer);
    this._last = Date.now();
    this._again = false;
    this._asking += 1;
    await this._ask();
    this._asking -= 1;
    if (this._asking === 0) {
      this._plan(this._again ? this._soon() : LATEST);
    }
  }

  dispose(): void {
    this._isDisposed = true;
    this.active = false;
  }

  private _soon(): number {
    return Math.max(0, this._last + SOONEST - Date.now());
  }

  private _plan(delay: number): void {
    clearTimeout(this._timer);
    if (this._active) {
      this._timer = setTimeout(() => {
        if (document.hidden) {
          this._plan(LATEST);
        } else {
          void this.now();
        }
      }, delay);
    }
  }

  private _active = false;
  private _asking = 0;
  private _again = false;
  private _last = -Infinity;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _isDisposed = false;
}
