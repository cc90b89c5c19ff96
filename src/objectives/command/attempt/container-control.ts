/**
 * Tells a container's engine to pause it, to let it go on, to end it and to remove it: one command
 * at a time, because two commands of an engine at once take effect in any order.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { runBounded } from '../../../runtime/run-bounded.ts';
import { engineEnvironment } from './container.ts';
import type { NamedContainer } from './container.ts';

/** Milliseconds that a command of a container's engine may take. */
const ENGINE_MS = 60_000;
const MOST_OUTPUT = 1 << 15;

/** Milliseconds before a failed command is repeated: the container may not have started yet. */
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
/** Tries of a command; the last one is 37 s after the first. */
const MOST_TRIES = 13;

export class ContainerControl {
  readonly #container: NamedContainer;
  #isOver = false;
  #wanted: 'pause' | 'unpause' = 'unpause';
  #done: 'pause' | 'unpause' = 'unpause';
  #work = Promise.resolve();
  #isBusy = false;
  /** Ends the wait before a command is repeated. */
  #waiting = new AbortController();

  constructor(container: NamedContainer) {
    this.#container = container;
  }

  /**
   * Pauses the container, or lets it go on. Resolves once no command is left to be carried out;
   * a command that a later one revokes may be left out.
   */
  async hold(isHeld: boolean): Promise<void> {
    this.#wanted = isHeld ? 'pause' : 'unpause';
    this.#waiting.abort();
    if (!this.#isBusy) this.#work = this.#carryOut();
    await this.#work;
  }

  /**
   * Sends SIGTERM to the program. The engine's own command would pass the signal on, too, but
   * podman's ends the container at once if it has not recorded its start.
   */
  async terminate(): Promise<void> {
    await this.hold(false);
    await this.#insist(['kill', '--signal', 'TERM'], () => true);
  }

  /** Removes the container, if it is there, by force. */
  async remove(): Promise<void> {
    this.#isOver = true;
    this.#waiting.abort();
    await this.#work;
    await this.#tell('rm', '-f');
  }

  async #carryOut(): Promise<void> {
    this.#isBusy = true;
    let isCarriedOut = true;
    while (this.#wanted !== this.#done && isCarriedOut) {
      const word = this.#wanted;
      isCarriedOut = await this.#insist([word], () => word === this.#wanted);
      if (isCarriedOut) this.#done = word;
      else isCarriedOut = word !== this.#wanted && !this.#isOver;
    }
    this.#isBusy = false;
  }

  /** Repeats a command until it succeeds; false: it did not, or is no longer wanted. */
  async #insist(words: readonly string[], isWanted: () => boolean): Promise<boolean> {
    const goesOn = (): boolean => !this.#isOver && isWanted();
    for (let tries = 0; tries < MOST_TRIES && goesOn(); tries++) {
      if (await this.#tell(...words)) return true;
      if (!goesOn()) return false;
      this.#waiting = new AbortController();
      const { signal } = this.#waiting;
      const ms = Math.min(FIRST_RETRY_MS * 2 ** tries, LONGEST_RETRY_MS);
      await delay(ms, undefined, { signal }).catch(() => undefined);
    }
    return false;
  }

  async #tell(...words: readonly string[]): Promise<boolean> {
    const { engine, name } = this.#container;
    const bounds = { env: engineEnvironment(), timeoutMs: ENGINE_MS, mostBytes: MOST_OUTPUT };
    const { code } = await runBounded([engine, ...words, name], bounds);
    return code === 0;
  }
}
