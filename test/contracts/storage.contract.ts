/** Contract of every lab storage. Each implementation runs this suite. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { headOf } from '../../src/core/scheduling/index.ts';
import type { EndedState, StoredStudy, Write } from '../../src/core/scheduling/index.ts';
import { StorageError } from '../../src/storage/errors.ts';
import type { LabStorage } from '../../src/storage/storage.ts';
import { auditsContract } from './storage-audits.contract.ts';
import { endedElsewhereContract } from './storage-ended-elsewhere.contract.ts';
import { enqueuedElsewhereContract } from './storage-enqueued-elsewhere.contract.ts';
import { reportsContract } from './storage-reports.contract.ts';
import {
  UID,
  createStudy,
  endAttempt,
  endTrial,
  limits,
  point,
  propose,
  spec,
  start,
  succeed,
  trialsOf,
  whole,
} from '../support/lab-writes.ts';

export interface StorageHarness {
  readonly first: LabStorage;
  /**
   * Opens the same lab again without closing the previous object, as after a kill, or as a second
   * process would.
   */
  reopen(): LabStorage;
  /** Ends a trial of the lab as another program would. */
  endElsewhere(study: string, number: number, state: EndedState, value: number | null): void;
  /** Enqueues a trial as another program would. @returns its row */
  enqueueElsewhere(study: string, params: unknown): number;
  /** Reason for which an enqueued trial was refused; null: it was not. */
  refusedElsewhere(row: number): string | null;
  dispose(): void;
}

export function storageContract(name: string, make: () => StorageHarness): void {
  describe(`Storage ${name}`, () => {
    let harness: StorageHarness;
    let lab: LabStorage;
    beforeEach(() => {
      harness = make();
      lab = harness.first;
    });
    afterEach(() => harness.dispose());

    const code = (act: () => unknown): string => {
      try {
        act();
      } catch (error) {
        if (error instanceof StorageError) return error.code;
        throw error;
      }
      return 'no error';
    };
    const study = (): unknown => harness.reopen().lab.studies[0];

    it('is empty when new, with epoch 1 and a unique id', () => {
      expect(lab.epoch).toBe(1);
      expect(lab.lab.studies).toEqual([]);
      expect(lab.lab.uid).toMatch(/^[0-9a-f-]{36}$/);
    });

    it('increments the epoch at each opening and keeps the id', () => {
      const second = harness.reopen();
      expect(second.epoch).toBe(2);
      expect(harness.reopen().epoch).toBe(3);
      expect(second.lab.uid).toBe(lab.lab.uid);
    });

    it('returns a study as it was created', () => {
      lab.commit([[createStudy()]]);
      expect(study()).toMatchObject({
        uid: UID,
        spec,
        limits,
        limit: 64,
        state: 'running',
        reason: null,
        activeMs: 0,
      });
    });

    it('keeps the latest state, limits and active time of a study', () => {
      lab.commit([
        [createStudy()],
        [{ op: 'studyState', uid: UID, state: 'pausing', reason: 'interrupted' }],
      ]);
      const edited = { trials: null, activeMs: 60_000, target: 0.5 };
      lab.commit([
        [{ op: 'limits', uid: UID, limits: edited, limit: null }],
        [{ op: 'activeMs', uid: UID, activeMs: 1_234.5 }],
        [{ op: 'studyState', uid: UID, state: 'paused', reason: null }],
      ]);
      expect(study()).toMatchObject({
        limits: edited,
        limit: null,
        state: 'paused',
        reason: null,
        activeMs: 1_234.5,
      });
    });

    it('keeps the latest name, note and deletion of a study, and stores an empty note as none', () => {
      lab.commit([[createStudy()]]);
      expect(study()).toMatchObject({ note: '', deleted: false, removing: false });
      const described = {
        op: 'description',
        uid: UID,
        name: 'renamed "é"',
        note: 'line 1\nline 2: é 🐢',
        deleted: true,
      } as const;
      lab = harness.reopen();
      lab.commit([[{ op: 'studyState', uid: UID, state: 'paused', reason: null }, described]]);
      expect(study()).toMatchObject({
        spec: { ...spec, name: described.name },
        note: described.note,
        deleted: true,
        removing: false,
      });
      lab = harness.reopen();
      lab.commit([[{ ...described, note: '', deleted: false }]]);
      expect(study()).toMatchObject({
        spec: { ...spec, name: described.name },
        note: '',
        deleted: false,
      });
    });

    it('refuses the name of another study, and writes nothing of that commit', () => {
      lab.commit([[createStudy(), createStudy('second', { ...spec, name: 'second' })]]);
      const taken = {
        op: 'description',
        uid: 'second',
        name: spec.name,
        note: 'x',
        deleted: false,
      } as const;
      expect(
        code(() => lab.commit([[{ op: 'activeMs', uid: 'second', activeMs: 7 }, taken]])),
      ).toBe('name-taken');
      const second = harness.reopen().lab.studies.find(({ uid }) => uid === 'second');
      expect(second).toMatchObject({ activeMs: 0, note: '', spec: { name: 'second' } });
    });

    it('removes a study in pieces and does not change other studies', () => {
      lab.commit([[createStudy(), createStudy('second', { ...spec, name: 'second' })]]);
      for (const uid of [UID, 'second']) {
        lab.commit([
          [0, 1, 2].map((number) => propose(number, uid)),
          [start(0, 1, uid)],
          [start(1, 1, uid)],
        ]);
        lab.commit([[endAttempt(0, 1, 'succeeded', 0, uid), endTrial(0, { finishSeq: 0, uid })]]);
      }
      const before = whole(harness.reopen().lab) as { studies: { uid: string }[] };
      lab = harness.reopen();
      lab.commit([[{ op: 'studyState', uid: UID, state: 'paused', reason: null }]]);
      lab.commit([
        [{ op: 'description', uid: UID, name: spec.name, note: '', deleted: true }],
        [{ op: 'trialsRemoved', uid: UID, from: 1 }],
      ]);
      expect(trialsOf(harness.reopen().lab).map(({ number }) => number)).toEqual([0]);
      expect(study()).toMatchObject({ deleted: true, removing: true });
      lab = harness.reopen();
      lab.commit([
        [
          { op: 'trialsRemoved', uid: UID, from: 0 },
          { op: 'studyRemoved', uid: UID },
        ],
      ]);
      const { studies } = whole(harness.reopen().lab) as { studies: { uid: string }[] };
      expect(studies).toEqual(before.studies.filter(({ uid }) => uid === 'second'));
      lab = harness.reopen();
      lab.commit([[createStudy()], [propose(0)], [start(0)], succeed(0, 0, 3)]);
      expect(trialsOf(harness.reopen().lab)).toMatchObject([{ number: 0, end: { value: 3 } }]);
    });

    it('summarises a finished study as its trials do, with any outcomes', () => {
      const ends: [number, EndedState, number][] = [
        [1, 'complete', 0.5],
        [0, 'complete', 0.5],
        [2, 'complete', Infinity],
        [4, 'failed', NaN],
        [3, 'complete', -2],
        [6, 'pruned', 3],
        [5, 'complete', -1],
      ];
      for (const direction of ['minimize', 'maximize'] as const) {
        const uid = `of ${direction}`;
        const target = { ...limits, target: 0 };
        lab.commit([
          [
            createStudy(uid, { ...spec, name: uid, direction }),
            { op: 'limits', uid, limits: target, limit: 7 },
          ],
          ...[0, 1, 2, 3, 4, 5, 6].map((number) => [propose(number, uid)]),
          ...ends.map(([number, state, value], finishSeq): Write[] => {
            const outcome =
              state === 'failed' ? 'crashed' : value === Infinity ? 'diverged' : 'succeeded';
            return [
              {
                op: 'trialEnded',
                uid,
                number,
                state,
                outcome,
                value,
                finishSeq,
                attemptNumber: 0,
                story: [],
              },
            ];
          }),
          [{ op: 'studyState', uid, state: 'finished', reason: 'trials' }],
        ]);
      }
      const [least, most] = harness.reopen().lab.studies;
      expect(least?.head).toEqual({
        trials: 7,
        counts: { complete: 5, pruned: 1, failed: 1, diverged: 1 },
        prunedEpochs: 0,
        best: { number: 3, value: -2 },
        firstHit: 3,
        improvements: [
          { number: 1, value: 0.5, finishSeq: 0 },
          { number: 3, value: -2, finishSeq: 4 },
        ],
      });
      expect(most?.head).toMatchObject({
        best: { number: 0, value: 0.5 },
        firstHit: 0,
        improvements: [{ number: 1 }],
      });
      for (const study of [least, most])
        expect(study?.head).toEqual(study === undefined ? null : headOf(study, [...study.trials]));
    });

    it('has no summary of a study that is running or has an unfinished trial', () => {
      const finished: Write = { op: 'studyState', uid: UID, state: 'finished', reason: 'trials' };
      const head = (): unknown => (study() as StoredStudy).head;
      lab.commit([[createStudy()], [propose(0)], [start(0)], succeed(0, 0, 1)]);
      expect(head()).toBe(null);
      lab = harness.reopen();
      lab.commit([[propose(1)], [finished]]);
      expect(head()).toBe(null);
      lab = harness.reopen();
      lab.commit([[start(1)], succeed(1, 1, 2)]);
      expect(head()).toMatchObject({ trials: 2 });
    });

    it('returns a trial at each stage of its life', () => {
      lab.commit([[createStudy(), propose(0), propose(1), propose(2), propose(3)]]);
      lab.commit([[start(0)], [start(1)], [start(2)], succeed(1, 0, -0.0625)]);
      const back: Write = {
        op: 'trialBack',
        uid: UID,
        number: 2,
        crashes: 1,
        deaths: 2,
        memoryFailures: 3,
        laneCap: 4,
      };
      lab.commit([[endAttempt(2, 1, 'crashed'), back], [start(2, 2)]]);
      const fresh = {
        ...{ end: null, crashes: 0, deaths: 0, memoryFailures: 0, laneCap: 0 },
        reports: [],
      };
      const open = (number: number, attemptNumber: number): unknown => ({
        attemptNumber,
        slot: `local/cpu/${number}`,
        incarnation: '1.1',
        outcome: null,
      });
      expect(trialsOf(harness.reopen().lab)).toEqual([
        {
          number: 0,
          state: 'running',
          params: point(0),
          origin: originOf(0),
          historyLength: 0,
          ...fresh,
          attemptNumber: 1,
          unsettled: [open(0, 1)],
        },
        {
          ...{
            number: 1,
            state: 'complete',
            params: point(1),
            origin: originOf(1),
            historyLength: 1,
            ...fresh,
          },
          ...{
            end: { outcome: 'succeeded', value: -0.0625, finishSeq: 0 },
            attemptNumber: 1,
            unsettled: [],
          },
        },
        {
          ...{
            number: 2,
            state: 'running',
            params: point(2),
            origin: originOf(2),
            historyLength: 2,
            end: null,
          },
          ...{
            crashes: 1,
            deaths: 2,
            memoryFailures: 3,
            laneCap: 4,
            reports: [],
            attemptNumber: 2,
            unsettled: [open(2, 2)],
          },
        },
        {
          number: 3,
          state: 'waiting',
          params: point(3),
          origin: originOf(3),
          historyLength: 3,
          ...fresh,
          attemptNumber: 0,
          unsettled: [],
        },
      ]);
    });

    it.each([
      ['the worst of a minimised study', 'complete', 'diverged', Infinity],
      ['the worst of a maximised study', 'complete', 'diverged', -Infinity],
      ['a value that no decimal shorter than 17 digits names', 'complete', 'succeeded', 0.1 + 0.2],
      ['the smallest number there is', 'complete', 'succeeded', 5e-324],
      ['none', 'failed', 'crashed', NaN],
      ['the last value before pruning', 'pruned', 'pruned', 0.75],
    ] as const)('keeps an outcome whose value is %s, bit for bit', (_, state, outcome, value) => {
      lab.commit([[createStudy(), propose(0)], [start(0)]]);
      const ended =
        outcome === 'succeeded' || outcome === 'diverged' || outcome === 'crashed'
          ? outcome
          : 'pruned';
      lab.commit([
        [endAttempt(0, 1, ended, value), endTrial(0, { finishSeq: 0, state, outcome, value })],
      ]);
      expect(trialsOf(harness.reopen().lab)[0]).toMatchObject({
        state,
        end: { outcome, value, finishSeq: 0 },
      });
    });

    reportsContract(
      () => harness.first,
      () => harness.reopen(),
    );

    it('accepts reports of a running trial only', () => {
      const report = (number: number): Write => ({
        op: 'reported',
        attempt: { study: UID, number, attemptNumber: 1 },
        step: 0,
        value: 0.5,
      });
      lab.commit([
        [createStudy(), propose(0)],
        [start(0)],
        [report(0)],
        [report(0)],
        succeed(0, 0),
      ]);
      for (const number of [0, 1])
        expect(code(() => lab.commit([[report(number)]]))).toBe('contradiction');
      expect(trialsOf(harness.reopen().lab)[0]).toMatchObject({ state: 'complete' });
    });

    it('returns the executor with which a study started', () => {
      lab.commit([[createStudy(), propose(0)], [start(0)]]);
      expect(study()).toMatchObject({ executor: null });
      lab = harness.reopen();
      lab.commit([succeed(0, 0)]);
      expect(study()).toMatchObject({ executor: 'wasm' });
    });

    it('does not keep the sign of zero', () => {
      lab.commit([[createStudy(), propose(0)], [start(0)], succeed(0, 0, -0)]);
      expect(trialsOf(harness.reopen().lab)[0]?.end?.value).toBe(0);
    });

    it('keeps a trial that ends before any attempt', () => {
      lab.commit([[createStudy(), propose(0), propose(1)]]);
      lab.commit([
        [
          endTrial(1, {
            finishSeq: 0,
            state: 'failed',
            outcome: 'cancelled',
            value: NaN,
            attemptNumber: 0,
          }),
        ],
      ]);
      const [first, second] = trialsOf(harness.reopen().lab);
      expect(first).toMatchObject({ state: 'waiting', end: null });
      expect(second).toMatchObject({
        state: 'failed',
        end: { outcome: 'cancelled' },
        attemptNumber: 0,
      });
    });

    it('keeps trials in number order for any order of writes', () => {
      lab.commit([[createStudy(), propose(2), propose(0), propose(1)], [start(1)], [start(0)]]);
      expect(trialsOf(harness.reopen().lab).map(({ number }) => number)).toEqual([0, 1, 2]);
    });

    it('writes all steps of a commit or none', () => {
      lab.commit([[createStudy(), propose(0)]]);
      const before = whole(harness.reopen().lab);
      lab = harness.reopen();
      const attempted = [[propose(1)], [start(0)], succeed(0, 0), [start(9)]];
      expect(code(() => lab.commit(attempted))).toBe('contradiction');
      expect(whole(harness.reopen().lab)).toEqual(before);
    });

    it('can write again after a commit that failed', () => {
      lab.commit([[createStudy(), propose(0)]]);
      expect(code(() => lab.commit([[start(0)], succeed(0, 0), [start(9)]]))).toBe('contradiction');
      lab.commit([[start(0)], succeed(0, 0), [propose(1)], [start(1)]]);
      expect(trialsOf(harness.reopen().lab).map(({ state }) => state)).toEqual([
        'complete',
        'running',
      ]);
    });

    it.each<[string, Write[]]>([
      ['an unknown study', [{ op: 'studyState', uid: 'nobody', state: 'paused', reason: null }]],
      ['a trial never proposed', [start(5)]],
      ['a number proposed before', [propose(0)]],
      ['an attempt started before', [start(0)]],
      ['an attempt never started', [endAttempt(0, 2)]],
      ['the attempt of an ended trial', [start(1, 2)]],
      ['a second end', [endTrial(1, { finishSeq: 1 })]],
      [
        'a complete trial without a value',
        [endAttempt(0), endTrial(0, { finishSeq: 1, value: NaN })],
      ],
      ['a point of another space', [{ ...propose(2), params: Float64Array.of(1) } as Write]],
      [
        'the taking back of an ended trial',
        [
          {
            op: 'trialBack',
            uid: UID,
            number: 1,
            crashes: 0,
            deaths: 0,
            memoryFailures: 0,
            laneCap: 0,
          },
        ],
      ],
    ])('refuses a write that contradicts the lab: %s', (_, writes) => {
      lab.commit([[createStudy(), propose(0), propose(1)], [start(0)], [start(1)], succeed(1, 0)]);
      expect(code(() => lab.commit([writes]))).toBe('contradiction');
    });

    it('refuses a second study of the same name', () => {
      lab.commit([[createStudy()]]);
      expect(code(() => lab.commit([[createStudy('other')]]))).toBe('name-taken');
    });

    it('keeps the data of studies separate', () => {
      const other = '0b2d37a4-88b2-4b7e-a7d6-30f0f7a1e0aa';
      lab.commit([
        [
          createStudy(),
          createStudy(other, { ...spec, name: 'other', direction: 'maximize' }),
          propose(0),
          propose(0, other),
        ],
      ]);
      lab.commit([[start(0)], [start(0, 1, other)], succeed(0, 0)]);
      const { lab: found } = harness.reopen();
      expect(trialsOf(found)[0]?.state).toBe('complete');
      expect(trialsOf(found, other)[0]?.state).toBe('running');
    });

    it('rejects all later writes of an owner whose lab was opened again', () => {
      lab.commit([[createStudy()]]);
      const second = harness.reopen();
      expect(code(() => lab.commit([[propose(0)]]))).toBe('fenced');
      second.commit([[propose(0)]]);
      expect(code(() => lab.commit([[propose(1)]]))).toBe('fenced');
      lab.close();
      second.commit([[propose(1)]]);
      expect(trialsOf(harness.reopen().lab)).toHaveLength(2);
    });

    it('knows whether another owner has opened the lab since, before it writes', () => {
      lab.commit([[createStudy()]]);
      expect(lab.holds()).toBe(true);
      const second = harness.reopen();
      expect([lab.holds(), second.holds()]).toEqual([false, true]);
      second.close();
      expect(second.holds()).toBe(false);
    });

    it('refuses to write after closing', () => {
      lab.close();
      lab.close();
      expect(code(() => lab.commit([[createStudy()]]))).toBe('contradiction');
    });

    auditsContract(() => harness);
    endedElsewhereContract(() => harness);
    enqueuedElsewhereContract(() => harness);
  });
}

function originOf(number: number): unknown {
  return (propose(number) as { origin?: unknown }).origin;
}
