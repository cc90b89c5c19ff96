/** Entry of the worker thread that filters and sorts with `row-order.ts`. */
import { orderRows } from './row-order.ts';
import type { OrderRequest } from './row-order.ts';

export interface OrderAnswer {
  readonly id: number;
  readonly rows: Uint32Array;
}

self.onmessage = ({
  data,
}: MessageEvent<{ readonly id: number; readonly request: OrderRequest }>): void => {
  const rows = orderRows(data.request).slice();
  self.postMessage({ id: data.id, rows } satisfies OrderAnswer, { transfer: [rows.buffer] });
};
