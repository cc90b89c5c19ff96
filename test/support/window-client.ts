/**
 * A window's state as its streams define it: messages merged in order and nothing else. Receives
 * through the pump, as every binding does.
 */
import { FeedPump } from '../../src/endpoints/feeds/pump.ts';
import type { CallContext, StreamAnswer } from '../../src/protocol/endpoint.ts';
import { subscriptions } from '../../src/protocol/endpoints.ts';
import type {
  Endpoints,
  SubscriptionBody,
  SubscriptionName,
} from '../../src/protocol/endpoints.ts';
import type { TrialBlock } from '../../src/protocol/window/columns.ts';
import { arrayOf, rowColumnList, widthOf } from '../../src/protocol/window/row-columns.ts';
import type { AttemptRow, LabBody } from '../../src/protocol/window/lab-stream.ts';
import type { StudyBody, StudyHead } from '../../src/protocol/window/study-stream.ts';

export const context: CallContext = { host: 'server', signal: new AbortController().signal };

/** One trial's row as the window reads it. */
export type ClientRow = Record<
  Exclude<keyof TrialBlock, 'params' | 'parents' | 'figures'>,
  number
> & {
  params: number[];
  parents: number[];
  figures: number[];
};

export class StudyClient {
  head: StudyHead | null = null;
  readonly rows = new Map<number, ClientRow>();
  readonly curves = new Map<number, Map<number, number>>();
  loaded: number | null = null;
  messages = 0;

  merge(snapshot: boolean, body: StudyBody): void {
    this.messages += 1;
    if (snapshot) {
      this.rows.clear();
      this.curves.clear();
      this.loaded = null;
    }
    this.head = body.head ?? this.head;
    this.loaded = body.loaded ?? this.loaded;
    if (body.trials !== undefined)
      for (const row of rowsOf(body.trials)) this.rows.set(row.number, row);
    if (body.reports !== undefined) {
      const trials = numbers(Uint32Array, body.reports.trial);
      const steps = numbers(Uint32Array, body.reports.step);
      const values = numbers(Float64Array, body.reports.value);
      for (const [i, trial] of trials.entries()) {
        const step = steps[i] ?? NaN;
        const curve =
          step === 0
            ? new Map<number, number>()
            : (this.curves.get(trial) ?? new Map<number, number>());
        this.curves.set(trial, curve.set(step, values[i] ?? NaN));
      }
    }
  }
}

export class LabClient {
  body: LabBody = {};
  readonly attempts = new Map<string, AttemptRow>();

  merge(snapshot: boolean, body: LabBody): void {
    if (snapshot) this.attempts.clear();
    this.body = snapshot ? body : { ...this.body, ...body };
    for (const row of body.attempts ?? []) this.attempts.set(row.id, row);
  }
}

export function rowsOf(block: TrialBlock): ClientRow[] {
  const number = [...new Uint32Array(Uint8Array.from(block.number).buffer)];
  const rows = Math.max(1, number.length);
  const parameters = block.params.length / 8 / rows;
  const objectives = block.figures.length / 8 / rows;
  const columns = rowColumnList.map(([name, column]) => {
    const width = widthOf(column, { parameters, objectives });
    const found = arrayOf[column.kind](number.length * width);
    new Uint8Array(found.buffer).set(block[name]);
    return [name, column.width === undefined ? null : width, found] as const;
  });
  return number.map((trial, i) => {
    const cells = columns.map(([name, width, found]) => [
      name,
      width === null ? found[i] : [...found.subarray(i * width, (i + 1) * width)],
    ]);
    return { number: trial, ...Object.fromEntries(cells) } as ClientRow;
  });
}

function numbers(
  kind: new (buffer: ArrayBuffer) => ArrayLike<number> & Iterable<number>,
  bytes: Uint8Array,
): number[] {
  return [...new kind(Uint8Array.from(bytes).buffer)];
}

/** A connection that accepts every message at once. */
export class Connection {
  readonly failures: Extract<StreamAnswer, { op: 'failed' }>[] = [];
  readonly #pump: FeedPump<typeof subscriptions>;
  readonly #merge = new Map<number, (snapshot: boolean, body: unknown) => void>();
  readonly #seqs = new Map<number, number>();
  readonly #waiting = new Set<() => void>();
  #nextId = 0;

  constructor(endpoints: Endpoints) {
    this.#pump = new FeedPump(
      subscriptions,
      endpoints.subscriptions,
      (answer) => this.#hear(answer),
      context,
    );
  }

  study(study: string): StudyClient {
    const client = new StudyClient();
    this.#subscribe('study', { study }, (snapshot, body) =>
      client.merge(snapshot, body as StudyBody),
    );
    return client;
  }

  lab(): LabClient {
    const client = new LabClient();
    this.#subscribe('lab', {}, (snapshot, body) => client.merge(snapshot, body as LabBody));
    return client;
  }

  /** Latest bodies of a subscription whose messages replace each other; the newest last. */
  bodies<Name extends SubscriptionName>(name: Name): SubscriptionBody<Name>[] {
    const bodies: SubscriptionBody<Name>[] = [];
    this.#subscribe(name, {}, (_, body) => bodies.push(body as SubscriptionBody<Name>));
    return bodies;
  }

  /** Resolves as soon as a message makes the condition true. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  close(): void {
    this.#pump.close();
  }

  #subscribe(
    name: string,
    input: unknown,
    merge: (snapshot: boolean, body: unknown) => void,
  ): void {
    const id = this.#nextId++;
    this.#merge.set(id, merge);
    this.#pump.receive({ op: 'subscribe', id, name, input });
  }

  #hear(answer: StreamAnswer): void {
    if (answer.op === 'failed') this.failures.push(answer);
    else {
      const expected = (this.#seqs.get(answer.id) ?? -1) + 1;
      if (answer.seq !== expected)
        throw new Error(
          `message ${answer.seq} of subscription ${answer.id}, where ${expected} was expected`,
        );
      this.#seqs.set(answer.id, answer.seq);
      this.#merge.get(answer.id)?.(answer.snapshot, answer.body);
      queueMicrotask(() => this.#pump.receive({ op: 'took', id: answer.id, seq: answer.seq }));
    }
    for (const resolve of [...this.#waiting]) resolve();
    this.#waiting.clear();
  }
}
