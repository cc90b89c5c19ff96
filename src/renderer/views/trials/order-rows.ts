/** Sorts few trials at once and many in a worker thread; only the latest request is answered. */
import { orderRows } from './row-order.ts';
import type { OrderRequest } from './row-order.ts';
import type { OrderAnswer } from './order-worker.ts';

/** Maximum number of trials that are sorted by their values within a frame. */
const SORTED_AT_ONCE = 4_000;
/** Maximum number of trials that are filtered, in order of their numbers, within a frame. */
const FILTERED_AT_ONCE = 30_000;

export class RowOrdering {
  #worker: Worker | null = null;
  #latest = 0;
  readonly #answer: (rows: Uint32Array) => void;

  /** @param answer called once for each request that no later one replaced */
  constructor(answer: (rows: Uint32Array) => void) {
    this.#answer = answer;
  }

  ask(request: OrderRequest): void {
    const id = ++this.#latest;
    const compares = request.keys.some(({ numbers }) => numbers !== null);
    if (request.size - request.from <= (compares ? SORTED_AT_ONCE : FILTERED_AT_ONCE)) {
      this.#answer(orderRows(request));
      return;
    }
    this.#worker ??= this.#start();
    this.#worker.postMessage({ id, request });
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = null;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./order-worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<OrderAnswer>) => {
      if (data.id === this.#latest) this.#answer(data.rows);
    };
    return worker;
  }
}
