/**
 * A coordinator without a scheduler: the test defines its answers. It confirms heartbeats, unless
 * it is told to be silent.
 */
import { expect } from 'vitest';
import type { AttemptId } from '../../src/core/scheduling/index.ts';
import type {
  Beat,
  FromWorker,
  Hello,
  ResultMessage,
  StudyMessage,
} from '../../src/protocol/worker-messages.ts';
import { ZeromqCoordinator } from '../../src/transport/zeromq.ts';
import { Inbox } from './inbox.ts';
import { workerTimes } from './worker-times.ts';

type Result = Extract<ResultMessage, { type: 'result' }>;

export const uid = 'a-study';
export const attempt = (number: number, attemptNumber = 1): AttemptId => ({
  study: uid,
  number,
  attemptNumber,
});

/** A sphere with settings, or the objective that `kind` names. */
function objectiveOf(settings: object): { readonly kind: string } {
  const kind =
    'kind' in settings && typeof settings.kind === 'string' ? settings.kind : 'synthetic';
  return kind === 'synthetic'
    ? { ...{ function: 'sphere' }, ...settings, kind }
    : { ...settings, kind };
}

export class ScriptedCoordinator {
  readonly transport: ZeromqCoordinator;
  readonly messages = new Inbox<FromWorker | ResultMessage>();
  readonly malformed = new Inbox<unknown>();
  hears = true;
  readonly #times = workerTimes();
  #sessions = 0;
  #taskSeq = 0;

  private constructor(transport: ZeromqCoordinator) {
    this.transport = transport;
    transport.onMessage((message) => {
      this.messages.put(message);
      if (message.type === 'beat' && this.hears)
        transport.sendControl(message, { type: 'heard', session: message.session, n: message.n });
    }, this.malformed.put);
  }

  static async bind(): Promise<ScriptedCoordinator> {
    return new ScriptedCoordinator(await ZeromqCoordinator.bind());
  }

  hello(from = 0, ms?: number): Promise<Hello> {
    return this.messages.first((message): message is Hello => message.type === 'hello', from, ms);
  }

  beat(from = this.messages.all.length): Promise<Beat> {
    return this.messages.first((message): message is Beat => message.type === 'beat', from);
  }

  result(number: number, from = 0, ms?: number): Promise<Result> {
    return this.messages.first(
      (message): message is Result =>
        message.type === 'result' && message.attempt.number === number,
      from,
      ms,
    );
  }

  /**
   * Opens a session for the sender of a hello.
   * @returns its name
   */
  async welcome(
    { slot, incarnation, helloNo }: Hello,
    keep: readonly AttemptId[] = [],
  ): Promise<string> {
    this.#sessions += 1;
    const session = `1.${this.#sessions}`;
    const tasksEndpoint = await this.transport.openTasks(session);
    const { resultsEndpoint } = this.transport;
    this.#taskSeq = 0;
    const { leaseMs } = await this.#times;
    this.transport.sendControl(
      { slot, incarnation },
      {
        type: 'welcome',
        v: 1,
        epoch: 1,
        helloNo,
        session,
        tasksEndpoint,
        resultsEndpoint,
        // Short, because tests wait for heartbeats.
        beatMs: 100,
        leaseMs,
        keep,
      },
    );
    return session;
  }

  /** Resolves with the first worker that says hello, after a welcome and a synthetic study. */
  async ready(
    objective: object = {},
  ): Promise<{ readonly hello: Hello; readonly session: string }> {
    const hello = await this.hello();
    const session = await this.welcome(hello);
    this.study(session, objective);
    return { hello, session };
  }

  study(session: string, objective: object, dataset?: StudyMessage['dataset']): void {
    const parameters = [{ name: 'x', choices: null }];
    this.transport.sendTask(session, {
      type: 'study',
      session,
      study: uid,
      objective: objectiveOf(objective),
      seed: 7,
      ...(dataset === undefined ? {} : { dataset }),
      parameters,
    });
  }

  cohort(session: string, number: number, attemptNumber = 1): void {
    this.#taskSeq += 1;
    const lanes = [{ attempt: attempt(number, attemptNumber), params: Float64Array.of(number) }];
    this.transport.sendTask(session, {
      type: 'cohort',
      session,
      taskSeq: this.#taskSeq,
      cohort: `c${this.#taskSeq}`,
      study: uid,
      lanes,
      deadlineMs: null,
    });
  }

  /** Asserts that no message so far was malformed. */
  async close(): Promise<void> {
    expect(this.malformed.all).toStrictEqual([]);
    await this.transport.close();
  }
}
