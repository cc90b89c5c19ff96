/**
 * A host of the window that a test controls: it answers calls and sends messages over the stream as
 * the test defines.
 */
import type { Answer, Bridge, StreamAnswer, StreamRequest } from '../../src/protocol/endpoint.ts';

export class FakeBridge implements Bridge {
  readonly host = 'server';
  readonly upload = null;
  readonly admit = (link: string): Promise<boolean> => {
    this.links.push(link);
    return Promise.resolve(link === 'right');
  };
  /** Argument of `admit`. */
  readonly links: string[] = [];
  /** Requests over the stream, in order. */
  readonly sent: StreamRequest[] = [];
  readonly calls: { readonly name: string; readonly input: unknown }[] = [];
  /** Answers by name of the call; a missing call is answered with `unknown-endpoint`. */
  readonly answers: Record<string, (input: unknown) => unknown>;
  closed = false;
  #onAnswer: (answer: StreamAnswer) => void = () => undefined;
  #onState: (state: 'open' | 'lost' | 'refused') => void = () => undefined;

  constructor(answers: Record<string, (input: unknown) => unknown> = {}) {
    this.answers = answers;
  }

  call(name: string, input: unknown): Promise<Answer> {
    this.calls.push({ name, input });
    const answer = this.answers[name];
    if (answer === undefined)
      return Promise.resolve({ ok: false, error: { code: 'unknown-endpoint', data: { name } } });
    return Promise.resolve({ ok: true, value: answer(input) });
  }

  stream(...[onAnswer, onState]: Parameters<Bridge['stream']>): ReturnType<Bridge['stream']> {
    this.#onAnswer = onAnswer;
    this.#onState = onState;
    return { send: (request) => this.sent.push(request), close: () => (this.closed = true) };
  }

  pathOf(): null {
    return null;
  }

  open(): void {
    this.#onState('open');
  }

  refuse(): void {
    this.#onState('refused');
  }

  lose(): void {
    this.#onState('lost');
  }

  message(id: number, seq: number, snapshot: boolean, body: unknown): void {
    this.#onAnswer({ op: 'message', id, seq, snapshot, body });
  }

  fail(id: number, code: string): void {
    this.#onAnswer({ op: 'failed', id, error: { code, data: {} } });
  }

  /** Requests since the last call of this function. */
  asked(): StreamRequest[] {
    return this.sent.splice(0);
  }
}
