/**
 * A gate at which work waits between two of its parts while it is closed. The work decides where
 * it looks at the gate; nothing is interrupted.
 */

/** Longest delay of one timer, in milliseconds. */
const MOST_MS = 2 ** 31 - 1;

export class Gate {
  readonly #now: () => number;
  readonly #changed = new Set<() => void>();
  #closedAt: number | null = null;
  #closedMs = 0;

  /** @param now milliseconds of a monotonic clock */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get isOpen(): boolean {
    return this.#closedAt === null;
  }

  /** Milliseconds for which the gate has been closed, the present time included. */
  get closedMs(): number {
    return this.#closedMs + (this.#closedAt === null ? 0 : this.#now() - this.#closedAt);
  }

  close(): void {
    if (!this.isOpen) return;
    this.#closedAt = this.#now();
    this.#notify();
  }

  open(): void {
    if (this.isOpen) return;
    this.#closedMs = this.closedMs;
    this.#closedAt = null;
    this.#notify();
  }

  /** Calls back whenever the gate opens or closes. @returns ends that */
  onChange(changed: () => void): () => void {
    this.#changed.add(changed);
    return () => this.#changed.delete(changed);
  }

  /** Resolves once the gate is open or one of the signals is aborted. */
  async opened(signals: readonly AbortSignal[] = []): Promise<void> {
    while (!this.isOpen && !signals.some(({ aborted }) => aborted)) await this.#change(signals);
  }

  /**
   * Resolves after a time during which the gate was open, or when the signal is aborted.
   * @param ms milliseconds
   */
  async elapsed(ms: number, signal: AbortSignal): Promise<void> {
    const end = this.#openTime() + ms;
    while (!signal.aborted) {
      const left = end - this.#openTime();
      if (left <= 0) return;
      await this.#change([signal], this.isOpen ? left : undefined);
    }
  }

  #openTime(): number {
    return this.#now() - this.closedMs;
  }

  /** Resolves when the gate opens or closes, a signal is aborted, or after some milliseconds. */
  #change(signals: readonly AbortSignal[], ms?: number): Promise<void> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined = undefined;
      const end = (): void => {
        clearTimeout(timer);
        this.#changed.delete(end);
        for (const signal of signals) signal.removeEventListener('abort', end);
        resolve();
      };
      // Rounded up: timers have whole milliseconds.
      if (ms !== undefined) timer = setTimeout(end, Math.min(Math.ceil(ms), MOST_MS));
      this.#changed.add(end);
      for (const signal of signals) signal.addEventListener('abort', end, { once: true });
    });
  }

  #notify(): void {
    for (const changed of [...this.#changed]) changed();
  }
}
