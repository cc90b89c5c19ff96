/** Cohorts that a worker runs beside each other. */
import { describe, expect, it } from 'vitest';
import type { AttemptResult } from '../../src/core/scheduling/index.ts';
import type { StudyMessage } from '../../src/protocol/worker-messages.ts';
import { Gate } from '../../src/runtime/gate.ts';
import { Cohorts } from '../../src/worker/cohorts.ts';

const studyOf = (study: string): StudyMessage => ({
  ...{ type: 'study', session: '1.1', study, seed: 1, parameters: [] },
  objective: { kind: 'command' },
});

/** Cohorts of one attempt each, whose evaluation ends when the test says so. */
class Work {
  readonly running = new Map<string, (result: AttemptResult) => void>();
  readonly ended: string[] = [];
  readonly progress = new Map<string, (step: number) => void>();
  readonly cohorts = new Cohorts(
    async (study, [lane], listener) => {
      const name = `${study.study}/${lane?.attempt.number}`;
      this.progress.set(name, (step) => listener.progress({ step, steps: 9 }));
      const result = await new Promise<AttemptResult>((resolve) => {
        this.running.set(name, resolve);
        lane?.signal.addEventListener('abort', () => resolve({ outcome: 'cancelled', ms: 1 }));
      });
      this.running.delete(name);
      return [result];
    },
    {
      mayStart: () => true,
      reported: () => undefined,
      ended: ({ study, number }) => this.ended.push(`${study}/${number}`),
    },
    new Gate(),
    ({ study }) => study.startsWith('beside'),
  );

  add(study: string, number: number): void {
    this.cohorts.add({
      study: studyOf(study),
      lanes: [{ attempt: { study, number, attemptNumber: 1 }, params: {} }],
      deadlineMs: null,
    });
  }

  async end(name: string): Promise<void> {
    this.running.get(name)?.({ outcome: 'succeeded', value: 1, ms: 1 });
    await settled();
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('Cohorts: side by side', () => {
  it('start beside those of their study as they arrive, and alone beside none of another', async () => {
    const work = new Work();
    work.add('beside', 0);
    work.add('beside', 1);
    await settled();
    work.add('beside', 2);
    work.add('other', 3);
    work.add('beside', 4);
    await settled();
    expect([...work.running.keys()]).toEqual(['beside/0', 'beside/1', 'beside/2']);
    work.progress.get('beside/1')?.(4);
    expect(work.cohorts.progress.map(({ attempt, step }) => [attempt.number, step])).toEqual([
      [1, 4],
    ]);
    await work.end('beside/1');
    await work.end('beside/0');
    expect([...work.running.keys()]).toEqual(['beside/2']);
    await work.end('beside/2');
    expect([...work.running.keys()]).toEqual(['other/3']);
    await work.end('other/3');
    expect([...work.running.keys()]).toEqual(['beside/4']);
    await work.end('beside/4');
    work.add('beside', 5);
    await settled();
    await work.end('beside/5');
    expect(work.ended).toEqual(
      [1, 0, 2, 3, 4, 5].map((n) => `${n === 3 ? 'other' : 'beside'}/${n}`),
    );
  });

  it('end together when the worker halts', async () => {
    const work = new Work();
    for (const number of [0, 1]) work.add('beside', number);
    await settled();
    await work.cohorts.halt('cancelled');
    expect(work.ended).toEqual(['beside/0', 'beside/1']);
  });
});
