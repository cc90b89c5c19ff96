/** Numbers a feed's messages, and decides whether the next is a snapshot. */
import type { StreamMessage } from '../../protocol/endpoint.ts';

export class FeedNumbers {
  #next = 0;
  snapshot = true;

  message<Body>(body: Body): StreamMessage<Body> {
    const { snapshot } = this;
    this.snapshot = false;
    return { seq: this.#next++, snapshot, body };
  }
}
