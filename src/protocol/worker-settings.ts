/**
 * Settings of a worker process, passed in one environment variable, and the notes it sends to its
 * parent process. The protocol with the coordinator is in `worker-messages.ts`.
 */
import { z } from 'zod';
import { GalapagosError } from '../core/errors.ts';

/** The environment variable that holds the settings as JSON. */
export const WORKER_SETTINGS = 'GALAPAGOS_WORKER';

const text = z.string().min(1);

const device = z.strictObject({
  id: text.max(200),
  kind: z.enum(['cpu', 'gpu']),
  name: text.max(1000),
  driver: z.exactOptional(text.max(1000)),
  /** Most lanes of one cohort. */
  lanes: z.int().min(1),
  memoryBytes: z.int().min(0),
});

const workerSettings = z.strictObject({
  controlEndpoint: text,
  /** This run's secret, which a worker needs to connect. */
  token: text,
  slot: text.max(200),
  incarnation: text.max(50).regex(/^[^#]+$/),
  /** Device of the slot; see `core/device.ts`. */
  device,
  /**
   * Limit of resident memory in bytes; the attempt running when it is exceeded ends as out of
   * memory.
   */
  memoryLimitBytes: z.int().min(1),
  /** The worker's share of the machine's cores; absent: unknown. */
  threads: z.exactOptional(z.int().min(1)),
  /** Absolute path of the folder `resources/`. */
  resources: text,
  /** Absolute path of this user's folder: caches and imported datasets. */
  userFolder: text,
  /** True if programs of the lab's host may run here; absent: false. */
  labPrograms: z.exactOptional(z.boolean()),
  /** Process id of the process that starts the worker; the worker ends with that process. */
  parent: z.int().min(1),
});

export type WorkerSettings = Readonly<z.infer<typeof workerSettings>>;

/**
 * @throws GalapagosError `invalid-settings`, naming the field, what was expected and what was found
 */
export function parseWorkerSettings(value: string | undefined): WorkerSettings {
  if (value === undefined) {
    throw new GalapagosError(
      'invalid-settings',
      `${WORKER_SETTINGS} is not set: a worker is started by galapagos, not by hand`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(value);
  } catch (error) {
    throw new GalapagosError(
      'invalid-settings',
      `${WORKER_SETTINGS} is not JSON: ${String(error)}`,
    );
  }
  const parsed = workerSettings.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${[WORKER_SETTINGS, ...path.map(String)].join('.')}: ${message}`,
  );
  throw new GalapagosError('invalid-settings', problems.join('\n'), { problems });
}

const workerNote = z.strictObject({
  /** Peak resident memory, in bytes. */
  rssPeakBytes: z.int().min(0),
});

export type WorkerNote = Readonly<z.infer<typeof workerNote>>;

/** Returns null if the value is not a worker's note. */
export function parseWorkerNote(value: unknown): WorkerNote | null {
  return workerNote.safeParse(value).data ?? null;
}
