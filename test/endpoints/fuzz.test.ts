/**
 * Tests inputs from a window that the endpoint table does not allow: each is refused with its code
 * and reaches no handler, and the application continues.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answer } from '../../src/endpoints/calls/answer.ts';
import { FeedPump } from '../../src/endpoints/feeds/pump.ts';
import type {
  Calls,
  HandlersOf,
  StreamAnswer,
  SubscriptionsOf,
} from '../../src/protocol/endpoint.ts';
import { commands, queries, subscriptions } from '../../src/protocol/endpoints.ts';
import { context } from '../support/window-client.ts';

const calls = { ...queries, ...commands };
const names = Object.keys(calls) as (keyof typeof calls)[];

const asked = (): never => {
  throw new Error('a handler was asked');
};
const handlers = Object.fromEntries(names.map((name) => [name, asked])) as unknown as HandlersOf<
  typeof calls
>;
const feeds = Object.fromEntries(
  Object.keys(subscriptions).map((name) => [name, asked]),
) as unknown as SubscriptionsOf<typeof subscriptions>;

/** Values that no endpoint accepts. */
const noObject = fc.oneof(
  fc.string(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.jsonValue()),
  fc.bigInt(),
  fc.constant(undefined),
);
/**
 * The table has no field with such a name, and no schema accepts one of these values for another.
 */
const strangeField = fc.tuple(
  fc.string({ minLength: 1 }).map((name) => `x ${name}`),
  fc.jsonValue(),
);
/** An object with known names and arbitrary values. */
const anything = (fields: readonly string[]): fc.Arbitrary<object> =>
  fc.dictionary(
    fc.constantFrom(...fields, '__proto__', 'constructor', 'toString'),
    fc.anything({ withNullPrototype: true, withBigInt: true }),
  );

function fieldsOf(table: Calls, name: string): string[] {
  const { input } = table[name] ?? {};
  const schemas =
    input !== undefined && 'options' in input
      ? (input.options as { shape: object }[])
      : [input as unknown as { shape: object }];
  return schemas.flatMap(({ shape }) => Object.keys(shape));
}

interface Problems {
  readonly code: string;
  readonly data: {
    readonly source?: unknown;
    readonly problems?: readonly { path: string; expected: string; found: string }[];
  };
}

function refusesByName(error: Problems, name: string): void {
  expect([error.code, error.data.source]).toEqual(['invalid-input', name]);
  expect(error.data.problems?.length).toBeGreaterThan(0);
  for (const problem of error.data.problems ?? []) {
    expect(typeof problem.path).toBe('string');
    expect(problem.expected).not.toBe('');
    expect(problem.found).not.toBe('');
  }
}

describe.each(names)('%s', (name) => {
  const fields = fieldsOf(calls, name);
  const ask = async (input: unknown): Promise<Problems> => {
    const answered = await answer(calls, handlers, name, input, context);
    // If everything happens to be valid, the handler is called.
    return answered.ok ? { code: 'answered', data: {} } : answered.error;
  };

  it('refuses values that are no object', async () => {
    await fc.assert(
      fc.asyncProperty(noObject, async (input) => refusesByName(await ask(input), name)),
      { numRuns: 20 },
    );
  });

  it('refuses an unknown field by its name', async () => {
    await fc.assert(
      fc.asyncProperty(strangeField, async ([field, value]) => {
        const error = await ask({ [field]: value });
        refusesByName(error, name);
        if (fields.length === 0)
          expect(JSON.stringify(error.data.problems)).toContain(JSON.stringify(field).slice(1, -1));
      }),
      { numRuns: 20 },
    );
  });

  it('refuses values of another type', async () => {
    await fc.assert(
      fc.asyncProperty(anything(fields), async (input) => {
        const error = await ask(input);
        if (error.code !== 'internal') refusesByName(error, name);
        else expect((error.data as { message?: unknown }).message).toBe('a handler was asked');
      }),
      { numRuns: 50 },
    );
  });

  // Where nothing is required there is none; of several ways to ask none is meant more than
  // another.
  if (fields.length > 0 && !('options' in calls[name].input)) {
    it('names the first missing field', async () => {
      const { data } = await ask({});
      expect(data.problems?.map(({ path }) => path)).toContain(fields[0]);
    });
  }
});

describe.each(Object.keys(subscriptions))('subscription %s', (name) => {
  it('fails alone when its input is invalid', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          noObject,
          strangeField.map(([field, value]) => ({ [field]: value })),
        ),
        (input) => {
          const heard: StreamAnswer[] = [];
          const pump = new FeedPump(subscriptions, feeds, (told) => heard.push(told), context);
          pump.receive({ op: 'subscribe', id: 1, name, input });
          pump.receive({ op: 'took', id: 1, seq: 0 });
          pump.receive({ op: 'again', id: 1 });
          pump.receive({ op: 'unsubscribe', id: 1 });
          pump.close();
          expect(heard).toMatchObject([
            { op: 'failed', id: 1, error: { code: 'invalid-input', data: { source: name } } },
          ]);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('Endpoints: an unknown name', () => {
  it('is refused, also if it is a property of every object', async () => {
    for (const name of ['nonesuch', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '']) {
      expect(await answer(calls, handlers, name, {}, context)).toMatchObject({
        ok: false,
        error: { code: 'unknown-endpoint' },
      });
    }
  });
});
