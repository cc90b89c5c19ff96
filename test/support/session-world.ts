/** A worker's session whose clock, coordinator and objective the test controls. */
import type { LanesListener } from '../../src/core/lanes-listener.ts';
import type { AttemptId, AttemptResult, Report } from '../../src/core/scheduling/index.ts';
import type {
  Beat,
  CohortMessage,
  FromWorker,
  Hello,
  ResultMessage,
  Welcome,
} from '../../src/protocol/worker-messages.ts';
import type { EvaluatedLane } from '../../src/objectives/evaluate.ts';
import { WorkerSession } from '../../src/worker/session.ts';
import { study } from './worker-message-examples.ts';

export const attempt = (number: number, attemptNumber = 1): AttemptId => ({
  study: study.study,
  number,
  attemptNumber,
});
export const done: AttemptResult = { outcome: 'succeeded', value: 1, ms: 1 };
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class SessionWorld {
  now = 10_000;
  readonly control: FromWorker[] = [];
  readonly results: ResultMessage[] = [];
  readonly joined: [string, string][] = [];
  readonly warnings: string[] = [];
  exited: { code: number; text: string | null } | null = null;
  /** Running lanes, with the functions that end them. */
  readonly running: {
    lanes: readonly EvaluatedLane[];
    listener: LanesListener<Report, AttemptResult>;
    end: (results: readonly AttemptResult[]) => void;
  }[] = [];
  readonly session: WorkerSession;
  #taskSeq = 0;

  constructor() {
    this.session = new WorkerSession(
      { slot: 'local/cpu/0', incarnation: '1.1', device: 'cpu', lanes: 1, memoryBytes: 1e9 },
      {
        sendControl: (message) => this.control.push(message),
        sendResult: (message) => this.results.push(message),
        joinSession: (...endpoints) => this.joined.push(endpoints),
        tickEach: () => undefined,
        exit: (code, text) => (this.exited = { code, text }),
        warn: (text) => this.warnings.push(text),
      },
      (_, lanes, listener) =>
        new Promise((resolve) => this.running.push({ lanes, listener, end: resolve })),
      () => this.now,
    );
    this.session.start();
  }

  get hellos(): Hello[] {
    return this.control.filter((message) => message.type === 'hello');
  }

  get beats(): Beat[] {
    return this.control.filter((message) => message.type === 'beat');
  }

  welcome(session: string, more: Partial<Welcome> = {}): void {
    const helloNo = this.hellos.at(-1)?.helloNo ?? 0;
    const endpoints = { tasksEndpoint: `tasks ${session}`, resultsEndpoint: 'results' };
    this.#taskSeq = 0;
    this.session.control({
      type: 'welcome',
      v: 1,
      epoch: 1,
      helloNo,
      session,
      ...endpoints,
      beatMs: 500,
      leaseMs: 2000,
      keep: [],
      ...more,
    });
    this.session.task({ ...study, session });
  }

  cohort(session: string, numbers: readonly number[], more: Partial<CohortMessage> = {}): void {
    this.#taskSeq += 1;
    const lanes = numbers.map((number) => ({
      attempt: attempt(number),
      params: Float64Array.of(number, NaN),
    }));
    this.session.task({
      type: 'cohort',
      session,
      taskSeq: this.#taskSeq,
      cohort: 'c',
      study: study.study,
      lanes,
      deadlineMs: null,
      ...more,
    });
  }

  /** Advances time in ticks of 500 ms. `heard`: the coordinator answers each. */
  pass(ms: number, heard = true): void {
    for (let t = 0; t < ms; t += 500) {
      this.now += 500;
      this.session.tick(1e8);
      if (heard) this.session.control({ type: 'heard', session: 'x', n: 1 });
    }
  }

  async end(...results: readonly AttemptResult[]): Promise<void> {
    this.running.at(-1)?.end(results);
    await turn();
  }

  sent(number: number): AttemptResult[] {
    return this.results.flatMap((message) =>
      message.type === 'result' && message.attempt.number === number ? [message.result] : [],
    );
  }
}

/** A worker in session `1.1`. */
export async function welcomed(): Promise<SessionWorld> {
  const world = new SessionWorld();
  world.welcome('1.1');
  await turn();
  return world;
}
