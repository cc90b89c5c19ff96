/** A feed whose every message replaces the former one; for small bodies that change rarely. */
import type { Feed, StreamMessage } from '../../protocol/endpoint.ts';
import { Throttle } from './changes.ts';
import { FeedNumbers } from './feed-numbers.ts';

const EVERY_MS = 100;

export interface Whole<Body> {
  readonly read: () => Body;
  /** @returns a function that unsubscribes */
  readonly listen: (changed: () => void) => () => void;
  readonly onClose?: () => void;
}

export class WholeFeed<Body> implements Feed<Body> {
  readonly #whole: Whole<Body>;
  readonly #throttle: Throttle;
  readonly #numbers = new FeedNumbers();
  readonly #unlisten: () => void;
  /** The body as sent last, as JSON. */
  #sent = '';

  constructor(whole: Whole<Body>, changed: () => void) {
    this.#whole = whole;
    this.#throttle = new Throttle(EVERY_MS, changed);
    this.#unlisten = whole.listen(() => this.#throttle.ask());
  }

  take(): StreamMessage<Body> | null {
    const body = this.#whole.read();
    const text = JSON.stringify(body);
    if (!this.#numbers.snapshot && text === this.#sent) return null;
    this.#sent = text;
    this.#numbers.snapshot = true;
    return this.#numbers.message(body);
  }

  restart(): void {
    this.#numbers.snapshot = true;
    this.#throttle.ask();
  }

  close(): void {
    this.#unlisten();
    this.#throttle.close();
    this.#whole.onClose?.();
  }
}
