/**
 * Every message between a coordinator and its workers: schemas, types, and the protocol's version.
 * `worker-wire.ts` converts messages to text and back; the scheduler and the worker session define
 * their meaning.
 */
import { z } from 'zod';

/** Supported versions of this protocol, both ends inclusive. */
export const PROTOCOL = { low: 1, high: 4 } as const;
/** First version whose workers know `hold`. */
export const HOLD_SINCE = 2;
/** First version whose workers are told the names of studies. */
export const NAMES_SINCE = 3;
/** First version with `output` and `discard`. */
export const OUTPUT_SINCE = 4;

/**
 * Greatest size of one message as UTF-8 text, in bytes. The sender refuses longer ones; a receiver
 * closes the connection.
 */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * Most characters of a control message from a worker: one that names 5,000 attempts twice has
 * fewer.
 */
export const MAX_CONTROL_CHARACTERS = 1024 * 1024;

const count = z.int().min(0);
const ordinal = z.int().min(1);
const name = z.string().min(1).max(256);
const sentence = z.string().max(16_384);
const endpoint = z.string().min(1).max(1024);
const milliseconds = z.number().min(0);

/**
 * A list that is refused at its first invalid entry, and by its length before any entry: collecting
 * every problem of a long list would take seconds.
 */
function list<T>(entry: z.ZodType<T>, most: number): z.ZodType<T[], T[]> {
  return z.custom<T[]>(Array.isArray, { error: 'expected a list' }).check(({ value, issues }) => {
    // The check runs beside the type's own.
    if (!Array.isArray(value)) return;
    if (value.length > most) {
      issues.push({ code: 'custom', input: value, message: `expected at most ${most} entries` });
      return;
    }
    for (const [i, found] of value.entries()) {
      const parsed = entry.safeParse(found);
      if (parsed.success) continue;
      const [first] = parsed.error.issues;
      issues.push({
        code: 'custom',
        input: found,
        path: [i, ...(first?.path ?? [])],
        message: first?.message ?? 'invalid',
      });
      return;
    }
  });
}

const attempt = z.strictObject({ study: name, number: count, attemptNumber: ordinal });
const held = list(attempt, 100_000);
const sender = { slot: name, incarnation: name };

export const helloSchema = z.strictObject({
  type: z.literal('hello'),
  v: z.strictObject({ low: count, high: count }),
  ...sender,
  helloNo: ordinal,
  device: name,
  lanes: ordinal,
  /** Greatest resident memory of the worker, in bytes. */
  memoryBytes: count,
  /** Attempts accepted, running, or finished and not yet acknowledged. */
  holding: held,
});

export const beatSchema = z.strictObject({
  type: z.literal('beat'),
  session: name,
  ...sender,
  /** 1, 2 … within the session. */
  n: ordinal,
  /** Highest task number received in this session; 0: none. */
  taskSeq: count,
  holding: held,
  progress: list(z.strictObject({ attempt, step: count, steps: count }), 100_000),
  rssBytes: count,
  /** Time (ms) for which the worker may be silent; absent: it sends its beats in time. */
  quietMs: z.exactOptional(count),
});

export const leavingSchema = z.strictObject({
  type: z.literal('leaving'),
  session: name,
  ...sender,
  reason: sentence,
});

/** Greatest number of metrics of one attempt. */
const MOST_METRICS = 10_000;

/** Checked by hand: a record schema costs ten times as much, and every result has metrics. */
const metrics = z.custom<Record<string, number | string>>(isMetrics, {
  error: 'expected finite numbers and texts by name',
});

function isMetrics(found: unknown): found is Record<string, number | string> {
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return false;
  if (Object.keys(found).length > MOST_METRICS) return false;
  return Object.entries(found).every(([key, value]) => key.length <= 256 && isMetric(value));
}

function isMetric(value: unknown): boolean {
  return typeof value === 'string' ? value.length <= 16_384 : Number.isFinite(value);
}

/** Numbers by name; see `metrics`. */
const numbers = z.custom<Record<string, number>>(
  (found) => isMetrics(found) && Object.values(found).every((value) => typeof value === 'number'),
  { error: 'expected finite numbers by name' },
);

const report = z.strictObject({
  step: count,
  value: z.number(),
  metrics: z.exactOptional(numbers),
});

const outcomes = [
  'succeeded',
  'diverged',
  'pruned',
  'crashed',
  'outOfMemory',
  'timedOut',
  'cancelled',
] as const;

const attemptResult = z
  .strictObject({
    outcome: z.enum(outcomes),
    value: z.exactOptional(z.number()),
    error: z.exactOptional(sentence),
    ms: milliseconds,
    byNeighbour: z.exactOptional(z.boolean()),
    metrics: z.exactOptional(metrics),
    device: z.exactOptional(name),
    executor: z.exactOptional(name),
    executorReason: z.exactOptional(sentence),
    lanesWanted: z.exactOptional(ordinal),
    reports: z.exactOptional(list(report, 1_000_000)),
  })
  .refine(
    ({ outcome, value }) =>
      outcome === 'pruned' || (outcome === 'succeeded') === (value !== undefined),
    {
      path: ['value'],
      error:
        'expected a finite value where the outcome is succeeded, and only there or where pruned',
    },
  )
  .refine(({ outcome, error }) => outcome !== 'crashed' || error !== undefined, {
    path: ['error'],
    error: 'expected what went wrong',
  });

export const resultSchema = z.strictObject({
  type: z.literal('result'),
  session: name,
  ...sender,
  attempt,
  result: attemptResult,
});

/** Not acknowledged: the result repeats it. */
export const reportSchema = z.strictObject({
  type: z.literal('report'),
  session: name,
  ...sender,
  attempt,
  report,
});

/** Most bytes of output in one message. */
export const MOST_OUTPUT_BYTES = 512 * 1024;

/**
 * Output of an attempt's program on a machine without the lab file. Not acknowledged: what is lost
 * is missing.
 */
export const outputSchema = z.strictObject({
  type: z.literal('output'),
  session: name,
  ...sender,
  attempt,
  /** Place of the first byte in the whole output. */
  from: count,
  bytes: z
    .base64({ error: 'expected bytes in base64' })
    .min(1)
    .max(Math.ceil(MOST_OUTPUT_BYTES / 3) * 4),
});

export const welcomeSchema = z.strictObject({
  type: z.literal('welcome'),
  /** The chosen version, within both ranges. */
  v: count,
  epoch: count,
  helloNo: ordinal,
  session: name,
  tasksEndpoint: endpoint,
  resultsEndpoint: endpoint,
  beatMs: ordinal,
  leaseMs: ordinal,
  /** The part of `holding` that the worker continues; it drops the rest. */
  keep: held,
});

export const heardSchema = z.strictObject({ type: z.literal('heard'), session: name, n: ordinal });
export const ackSchema = z.strictObject({ type: z.literal('ack'), attempt });
export const refusedSchema = z.strictObject({
  type: z.literal('refused'),
  attempt,
  reason: sentence,
});
export const cancelSchema = z.strictObject({
  type: z.literal('cancel'),
  session: name,
  attempt,
  reason: sentence,
});

/**
 * Makes the worker wait between two batches; it goes on beating, obeys cancels and keeps its
 * memory. Belongs to no session. Repeated while it applies, so that a worker whose holder is gone
 * goes on by itself.
 */
export const holdSchema = z.strictObject({
  type: z.literal('hold'),
  /** Milliseconds for which the worker waits unless told otherwise; 0: it goes on. */
  forMs: z.int().min(0).max(3_600_000),
});

/** Deletes the files of trials of the lab's programs; belongs to no session. */
export const discardSchema = z.strictObject({
  type: z.literal('discard'),
  study: name,
  /** Trial whose checkpoints are deleted; null: those of all but `keep`. */
  trial: count.nullable(),
  /** Trial whose checkpoints stay; null: none. */
  keep: count.nullable(),
});

export const goodbyeSchema = z.strictObject({
  type: z.literal('goodbye'),
  /** Null: any session. */
  session: name.nullable(),
  /**
   * `drained`, `replaced`, `shutdown`, `version`: the worker exits. Any other: it says hello again.
   */
  reason: sentence,
  /** For people. */
  text: z.exactOptional(sentence),
});

const choice = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export const studySchema = z.strictObject({
  type: z.literal('study'),
  session: name,
  study: name,
  /** Name of the study, for programs; absent: the coordinator is older. */
  name: z.exactOptional(z.string().min(1).max(1024)),
  objective: z.looseObject({ kind: name }),
  seed: count,
  /** Label of the executor that produced the study's first results; absent: none yet. */
  executor: z.exactOptional(name),
  /** The dataset that the objective names, by the SHA-256 of its content at the coordinator. */
  dataset: z.exactOptional(
    z.strictObject({
      name: z.string().min(1).max(1024),
      content: z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected a SHA-256 in hex' }),
    }),
  ),
  /** Parameters in the order of the search space, to decode points; `choices` null: a number. */
  parameters: z
    .array(
      z.strictObject({ name: z.string().max(1024), choices: z.array(choice).min(1).nullable() }),
    )
    .max(10_000),
});

/** NaN in memory where the parameter is inactive, null on the wire. Other values must be finite. */
const encodedParams = z.array(z.unknown()).transform((values, context) => {
  const params = new Float64Array(values.length);
  for (const [i, value] of values.entries()) {
    if (value !== null && !Number.isFinite(value)) {
      context.issues.push({
        code: 'custom',
        path: [i],
        message: 'expected a finite number or null',
        input: value,
      });
      return z.NEVER;
    }
    params[i] = value === null ? NaN : Number(value);
  }
  return params;
});

export const cohortSchema = z.strictObject({
  type: z.literal('cohort'),
  session: name,
  /** 1, 2 … within the session. */
  taskSeq: ordinal,
  cohort: name,
  study: name,
  /** Shape key that all lanes share; absent: they need not share one. */
  shape: z.exactOptional(z.string().min(1).max(65_536)),
  lanes: z
    .array(
      z.strictObject({
        attempt,
        params: encodedParams,
        /** Absent: the attempt is a whole training. */
        part: z.exactOptional(
          z.strictObject({ source: count.nullable(), from: count, until: ordinal }),
        ),
      }),
    )
    .min(1)
    .max(100_000),
  /** Time limit in milliseconds from the cohort's start to its end; null: none. */
  deadlineMs: ordinal.nullable(),
});

/** Deeply read-only, so that the scheduler's objects can be sent without a copy. */
type Immutable<T> = T extends Float64Array
  ? Float64Array
  : T extends readonly (infer Element)[]
    ? readonly Immutable<Element>[]
    : T extends object
      ? { readonly [Key in keyof T]: Immutable<T[Key]> }
      : T;

export type Hello = Immutable<z.infer<typeof helloSchema>>;
export type Beat = Immutable<z.infer<typeof beatSchema>>;
export type Leaving = Immutable<z.infer<typeof leavingSchema>>;
export type Welcome = Immutable<z.infer<typeof welcomeSchema>>;
export type Heard = Immutable<z.infer<typeof heardSchema>>;
export type Ack = Immutable<z.infer<typeof ackSchema>>;
export type Refused = Immutable<z.infer<typeof refusedSchema>>;
export type Cancel = Immutable<z.infer<typeof cancelSchema>>;
export type Hold = Immutable<z.infer<typeof holdSchema>>;
export type Discard = Immutable<z.infer<typeof discardSchema>>;
export type Goodbye = Immutable<z.infer<typeof goodbyeSchema>>;

/**
 * Sent once for each session and study, on the same channel before the first cohort of the study.
 */
export type StudyMessage = Immutable<z.infer<typeof studySchema>>;
export type CohortMessage = Immutable<z.infer<typeof cohortSchema>>;

/** Control channel, worker to coordinator. */
export type FromWorker = Hello | Beat | Leaving;
/** Control channel, coordinator to worker. */
export type ToWorker = Welcome | Heard | Ack | Refused | Cancel | Hold | Discard | Goodbye;
/** Tasks, coordinator to worker. */
export type TaskMessage = StudyMessage | CohortMessage;
/** Results, worker to coordinator. */
export type ResultMessage =
  Immutable<z.infer<typeof resultSchema>> | Immutable<z.infer<typeof reportSchema>> | OutputMessage;
export type OutputMessage = Immutable<z.infer<typeof outputSchema>>;

export interface VersionRange {
  readonly low: number;
  readonly high: number;
}

/** Returns the highest version that both sides support; null: none. */
export function chosenVersion(theirs: VersionRange, ours: VersionRange = PROTOCOL): number | null {
  const highest = Math.min(theirs.high, ours.high);
  return highest >= Math.max(theirs.low, ours.low) ? highest : null;
}

/** Goodbye to a hello with an unsupported version range. */
export function versionGoodbye(theirs: VersionRange, ours: VersionRange = PROTOCOL): Goodbye {
  const text = `this coordinator speaks worker protocol ${range(ours)}, the worker ${range(theirs)}: install the same release on both`;
  return { type: 'goodbye', session: null, reason: 'version', text };
}

function range({ low, high }: VersionRange): string {
  return low === high ? `version ${low}` : `versions ${low} to ${high}`;
}
