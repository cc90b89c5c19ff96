/** Random histories of a study that the scheduler could have written. */
import fc from 'fast-check';
import type { EndedState, Write } from '../../src/core/scheduling/index.ts';
import { UID, createStudy, endAttempt, endTrial, propose, start } from './lab-writes.ts';

/** A commit of steps; reopening the lab, as after a kill; another program ending a trial. */
export type Happening =
  | { readonly kind: 'commit'; readonly steps: readonly (readonly Write[])[] }
  | { readonly kind: 'reopen' }
  | {
      readonly kind: 'endElsewhere';
      readonly number: number;
      readonly state: EndedState;
      readonly value: number | null;
    };

interface OpenTrial {
  attemptNumber: number;
  running: boolean;
}

const choice = fc.record({
  kind: fc.nat({ max: 99 }),
  pick: fc.nat(),
  flush: fc.boolean(),
  value: fc.double({ noNaN: true, noDefaultInfinity: true }),
});

export const history: fc.Arbitrary<Happening[]> = fc
  .array(choice, { maxLength: 60, size: 'max' })
  .map((choices) => {
    const happenings: Happening[] = [{ kind: 'commit', steps: [[createStudy()]] }];
    const open = new Map<number, OpenTrial>();
    /** Trials that another program ended, before this program has loaded it. */
    const elsewhere = new Map<number, { state: EndedState; value: number | null }>();
    let steps: Write[][] = [];
    let next = 0;
    let finishSeq = 0;
    const flush = (): void => {
      happenings.push({ kind: 'commit', steps });
      steps = [];
    };
    for (const { kind, pick, flush: flushNow, value } of choices) {
      const candidates = [...open].filter(([number]) => !elsewhere.has(number));
      const [number, trial] = candidates[pick % Math.max(1, candidates.length)] ?? [];
      if (kind < 35 || number === undefined || trial === undefined) {
        const count = 1 + (pick % 3);
        steps.push(Array.from({ length: count }, (_, i) => propose(next + i)));
        for (let i = 0; i < count; i++) open.set(next++, { attemptNumber: 0, running: false });
      } else if (!trial.running && kind < 90) {
        trial.attemptNumber += 1;
        trial.running = true;
        steps.push([start(number, trial.attemptNumber)]);
      } else if (!trial.running) {
        steps.push([
          endTrial(number, {
            finishSeq: finishSeq++,
            state: 'failed',
            outcome: 'cancelled',
            value: NaN,
            attemptNumber: 0,
          }),
        ]);
        open.delete(number);
      } else if (pick % 5 === 0 && kind < 85) {
        const attempt = { study: UID, number, attemptNumber: trial.attemptNumber };
        steps.push([{ op: 'reported', attempt, step: pick % 4, value }]);
      } else if (kind < 50) {
        steps.push([
          endAttempt(number, trial.attemptNumber, 'lost'),
          {
            op: 'trialBack',
            uid: UID,
            number,
            crashes: pick % 3,
            deaths: 1,
            memoryFailures: 0,
            laneCap: 2,
          },
        ]);
        trial.running = false;
      } else if (kind < 85) {
        const [state, outcome, end] = (
          [
            ['complete', 'succeeded', value],
            ['complete', 'diverged', Infinity],
            ['failed', 'crashed', NaN],
            ['pruned', 'pruned', value],
          ] as const
        )[pick % 7 > 3 ? 0 : pick % 4] ?? ['complete', 'succeeded', value];
        steps.push([
          endAttempt(number, trial.attemptNumber, outcome, end),
          endTrial(number, {
            finishSeq: finishSeq++,
            state,
            outcome,
            value: end,
            attemptNumber: trial.attemptNumber,
          }),
        ]);
        open.delete(number);
      } else if (kind < 92 || trial.attemptNumber === 0) {
        flush();
        happenings.push({ kind: 'reopen' });
        finishSeq += elsewhere.size;
        for (const noticed of elsewhere.keys()) open.delete(noticed);
        elsewhere.clear();
      } else {
        flush();
        const [state, end] =
          pick % 2 === 0 ? (['complete', value] as const) : (['failed', null] as const);
        happenings.push({ kind: 'endElsewhere', number, state, value: end });
        elsewhere.set(number, { state, value: end });
      }
      const [unnoticed, end] = [...elsewhere][0] ?? [];
      const late = unnoticed === undefined ? undefined : open.get(unnoticed);
      if (
        unnoticed !== undefined &&
        end !== undefined &&
        late?.running === true &&
        pick % 3 === 0
      ) {
        // Our own end comes too late; the scheduler then writes the foreign result.
        steps.push([
          endAttempt(unnoticed, late.attemptNumber),
          endTrial(unnoticed, { finishSeq, attemptNumber: late.attemptNumber }),
        ]);
        flush();
        const found = endTrial(unnoticed, {
          finishSeq: finishSeq++,
          outcome: 'endedElsewhere',
          state: end.state,
          value: end.value ?? NaN,
          attemptNumber: 0,
        });
        steps.push([found, endAttempt(unnoticed, late.attemptNumber, 'cancelled')]);
        open.delete(unnoticed);
        elsewhere.delete(unnoticed);
      }
      if (flushNow) flush();
    }
    flush();
    return happenings;
  });
