import { afterEach, describe, expect, it, vi } from 'vitest';
import { RowOrdering } from '../../../src/renderer/views/trials/order-rows.ts';
import type { OrderRequest } from '../../../src/renderer/views/trials/row-order.ts';

describe('Trials: where rows are ordered', () => {
  afterEach(() => void vi.unstubAllGlobals());

  /** Returns what was answered at once, and the requests that a worker thread received. */
  function asked(request: OrderRequest): { readonly rows: number[] | null; readonly sent: number } {
    let sent = 0;
    vi.stubGlobal(
      'Worker',
      class {
        postMessage(): void {
          sent += 1;
        }
        terminate(): void {
          return;
        }
      },
    );
    let rows: number[] | null = null;
    const ordering = new RowOrdering((answer) => (rows = [...answer]));
    ordering.ask(request);
    ordering.close();
    return { rows, sent };
  }

  const column = { column: new Float64Array(100_000), width: 1, place: 0 };
  const byNumber = [{ numbers: null, down: true }];

  it('orders the newest rows of a large study by number at once, without starting a thread', () => {
    const { rows, sent } = asked({ size: 100_000, from: 91_808, conditions: [], keys: byNumber });
    expect([rows?.[0], rows?.at(-1), rows?.length, sent]).toEqual([99_999, 91_808, 8_192, 0]);
  });

  it('orders many rows, and fewer that are compared by a value, in a thread', () => {
    const all = { size: 100_000, from: 0, conditions: [], keys: byNumber };
    const compared = { ...all, from: 91_808, keys: [{ numbers: column, down: false }] };
    for (const request of [all, compared]) expect(asked(request)).toEqual({ rows: null, sent: 1 });
    expect(asked({ ...compared, from: 99_998 })).toEqual({ rows: [99_998, 99_999], sent: 0 });
  });
});
