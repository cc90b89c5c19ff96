/** Endpoints that return what a test defines, and a feed that counts, for tests of transports. */
import type { Feed } from '../../src/protocol/endpoint.ts';
import type { Endpoints } from '../../src/protocol/endpoints.ts';

type Calls = Endpoints['calls'];

/** Every call that is not defined throws. */
export function endpointsOf(
  calls: Partial<Calls>,
  lab: Endpoints['subscriptions']['lab'] = unopened,
): Endpoints {
  return {
    calls: new Proxy(calls as Calls, {
      get: (given, name): unknown =>
        Reflect.get(given, name) ??
        (() => {
          throw new Error(`${String(name)} is not part of this test`);
        }),
    }),
    subscriptions: {
      lab,
      study: unopened,
      telemetry: unopened,
      'lab.admissions': unopened,
      'join.seen': unopened,
      'owner.state': unopened,
    },
  };
}

function unopened(): never {
  throw new Error('not part of this test');
}

/** Its body contains the number of changes as the number of notes. */
export class CountingFeed implements Feed<{ datasets: string[] }> {
  count = 0;
  closed = false;
  #seq = 0;
  #taken = -1;
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  change(): void {
    this.count += 1;
    this.#changed();
  }

  take(): { seq: number; snapshot: boolean; body: { datasets: string[] } } | null {
    if (this.#taken === this.count) return null;
    const snapshot = this.#taken < 0;
    this.#taken = this.count;
    this.#seq += 1;
    return { seq: this.#seq, snapshot, body: { datasets: [String(this.count)] } };
  }

  restart(): void {
    this.#taken = -1;
  }

  close(): void {
    this.closed = true;
  }
}
