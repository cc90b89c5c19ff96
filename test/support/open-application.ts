/**
 * The application as a window uses it: a lab in a file, real workers, calls through the endpoint
 * table, streams through the pump.
 */
import { join } from 'node:path';
import type { Application, ApplicationOptions } from '../../src/endpoints/application.ts';
import { answer } from '../../src/endpoints/calls/answer.ts';
import { createEndpoints } from '../../src/endpoints/create-endpoints.ts';
import type { CallContext } from '../../src/protocol/endpoint.ts';
import { commands, queries } from '../../src/protocol/endpoints.ts';
import type { StudyFile } from '../../src/protocol/study-file.ts';
import type { TemporaryFolder } from './temporary-folder.ts';
import { Connection, context } from './window-client.ts';
import { workerTimes } from './worker-times.ts';
import type { WorkerTimes } from './worker-times.ts';

export interface OpenApplication {
  readonly app: Application;
  readonly window: Connection;
  /** @throws the error of the call */
  readonly call: (name: string, input: unknown, context?: CallContext) => Promise<unknown>;
}

/** Applications of a test, closed together, the latest first. */
export class Applications {
  readonly #folder: TemporaryFolder;
  #times: Promise<WorkerTimes> | undefined;
  readonly #closing: (() => Promise<void> | void)[] = [];

  constructor(folder: TemporaryFolder) {
    this.#folder = folder;
  }

  async open(
    name: string,
    workers = 1,
    more: Pick<ApplicationOptions, 'share' | 'face' | 'idleSeconds'> = {},
  ): Promise<OpenApplication> {
    const app = await createEndpoints({
      resources: join(import.meta.dirname, '../../resources'),
      userFolder: this.#folder.file('user'),
      lab: this.#folder.file(name),
      workers,
      host: 'server',
      version: '0',
      checkAfterMs: 0,
      options: await (this.#times ??= workerTimes()),
      ...more,
    });
    const window = new Connection(app.endpoints);
    this.#closing.push(
      () => app.close(),
      () => window.close(),
    );
    const call = async (
      called: string,
      input: unknown,
      by: CallContext = context,
    ): Promise<unknown> => {
      const answered = await answer(
        { ...queries, ...commands },
        app.endpoints.calls,
        called,
        input,
        by,
      );
      if (!answered.ok) throw Object.assign(new Error(answered.error.code), answered.error);
      return answered.value;
    };
    return { app, window, call };
  }

  async close(): Promise<void> {
    for (const close of this.#closing.splice(0).reverse()) await close();
  }
}

/** A study that trains nothing. */
export function sphere(
  trials: number,
  objective: Partial<Extract<StudyFile['objective'], { kind: 'synthetic' }>> = {},
): StudyFile {
  return {
    format: 'galapagos-study/1',
    name: 'sphere',
    objective: { kind: 'synthetic', function: 'sphere', ...objective },
    direction: 'minimize',
    searchSpace: {
      x: { type: 'float', low: -1, high: 1 },
      y: { type: 'categorical', choices: ['a', 'b'] },
    },
    sampler: { name: 'random' },
    stop: { trials },
    seed: 1,
  };
}
