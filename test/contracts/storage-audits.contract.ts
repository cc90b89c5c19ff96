/** Contract of every lab storage for audits that are not over: part of the storage contract. */
import { beforeEach, describe, expect, it } from 'vitest';
import type {
  LabSnapshot,
  StoredAudit,
  StoredMismatch,
  Write,
} from '../../src/core/scheduling/index.ts';
import type { LabStorage } from '../../src/storage/storage.ts';
import { UID, createStudy, propose, spec, start, succeed } from '../support/lab-writes.ts';
import type { StorageHarness } from './storage.contract.ts';

const ON = {
  slot: 'na/cpu/0',
  figures: { 'epoch 3': 0.1 + 0.2 },
  until: 2,
  arithmetic: { label: 'wasm/1', known: true },
} as const;

const NO_VALUE = { value: null, difference: null } as const;

function due(number: number, value: number): Extract<Write, { op: 'auditDue' }> {
  return { op: 'auditDue', uid: UID, number, value, ...ON };
}

function started(number: number, attemptNumber: number): Write {
  const attempt = { study: UID, number, attemptNumber };
  return { op: 'auditStarted', attempt, slot: `nb/cpu/${attemptNumber}` };
}

function ended(number: number, attemptNumber: number, value: number | null): Write {
  return {
    op: 'auditEnded',
    attempt: { study: UID, number, attemptNumber },
    outcome: value === null ? 'crashed' : 'succeeded',
    value,
    verdict: value === null ? null : 'differs',
    difference: value === null ? null : { metric: 'value', value: -Infinity, found: value },
    executor: 'wasm',
    detail: null,
    ms: 12,
  };
}

/** @param harnessNow the harness of the running test */
export function auditsContract(harnessNow: () => StorageHarness): void {
  describe('Storage: audits that are not over', () => {
    let harness: StorageHarness;
    let lab: LabStorage;
    const audits = (): readonly StoredAudit[] | undefined =>
      harness.reopen().lab.studies.find(({ uid }) => uid === UID)?.audits;
    beforeEach(() => {
      harness = harnessNow();
      lab = harness.first;
      lab.commit([[createStudy(UID, { ...spec, audit: 1 }), propose(0), propose(1)]]);
      lab.commit([[start(0)], [start(1)]]);
      lab.commit([[...succeed(1, 0, -0), due(1, -0)], [...succeed(0, 1, 0.1 + 0.2)]]);
    });

    it('are given back with the values, their slot and its arithmetic', () => {
      const arithmetic = { label: 'webgpu/2 on Ä', known: false };
      lab.commit([[{ ...due(0, -Infinity), arithmetic, figures: null, until: null }]]);
      expect(audits()).toEqual([
        {
          number: 0,
          value: -Infinity,
          slot: ON.slot,
          arithmetic,
          figures: null,
          until: null,
          attempts: [],
        },
        { number: 1, value: 0, ...ON, attempts: [] },
      ]);
    });

    it('are given back with their attempts, of which running ones are lost', () => {
      lab.commit([[started(1, 2)], [ended(1, 2, null), started(1, 3)], [ended(1, 3, 0.5)]]);
      lab.commit([[started(1, 4)]]);
      expect(audits()).toEqual([
        {
          number: 1,
          value: 0,
          ...ON,
          attempts: [
            { ...NO_VALUE, attemptNumber: 2, slot: 'nb/cpu/2', outcome: 'crashed' },
            {
              attemptNumber: 3,
              slot: 'nb/cpu/3',
              outcome: 'succeeded',
              value: 0.5,
              difference: { metric: 'value', value: -Infinity, found: 0.5 },
            },
            { ...NO_VALUE, attemptNumber: 4, slot: 'nb/cpu/4', outcome: 'lost' },
          ],
        },
      ]);
      expect(audits()?.[0]?.attempts).toHaveLength(3);
    });

    it('are not given back once they are over, or their trials removed', () => {
      lab.commit([[due(0, 1)], [{ op: 'auditSettled', uid: UID, number: 0 }]]);
      expect(audits()?.map(({ number }) => number)).toEqual([1]);
      harness.reopen().commit([[{ op: 'trialsRemoved', uid: UID, from: 1 }]]);
      expect(audits()).toEqual([]);
    });

    it('are not stored of a trial that another program has ended, which is no error', () => {
      lab.commit([[propose(2)], [start(2)]]);
      harness.endElsewhere(UID, 2, 'complete', 0.25);
      const { endedElsewhere } = lab.commit([[...succeed(2, 2), due(2, 1)]]);
      expect(endedElsewhere).toHaveLength(1);
      lab.commit([[started(2, 2)], [{ op: 'auditSettled', uid: UID, number: 2 }]]);
      expect(audits()?.map(({ number }) => number)).toEqual([1]);
    });
  });

  describe('Storage: wrong values of nodes', () => {
    let harness: StorageHarness;
    const mismatches = (): LabSnapshot['mismatches'] => harness.reopen().lab.mismatches;
    const wrong = (number: number, node = 'nb'): StoredMismatch => ({
      uid: UID,
      number,
      node,
      metric: 'loss',
      value: Infinity,
      from: node,
      found: 0.1 + 0.2,
      by: 'local',
    });
    const write = (mismatch: StoredMismatch): Write => ({ op: 'mismatch', ...mismatch });
    beforeEach(() => {
      harness = harnessNow();
      harness.first.commit([[createStudy(), ...[0, 1, 2].map((number) => propose(number))]]);
      harness.first.commit([[write(wrong(2))], [write(wrong(0)), write(wrong(1, 'nc'))]]);
    });

    it('are given back', () => {
      const found = mismatches() ?? [];
      expect([...found].sort((a, b) => a.number - b.number)).toEqual([
        wrong(0),
        wrong(1, 'nc'),
        wrong(2),
      ]);
    });

    it('are forgotten by node', () => {
      harness.first.commit([[{ op: 'mismatchesForgotten', node: 'nb' }]]);
      expect(mismatches()).toEqual([wrong(1, 'nc')]);
    });

    it('are removed with their trials', () => {
      harness.first.commit([[{ op: 'trialsRemoved', uid: UID, from: 1 }]]);
      expect(mismatches()).toEqual([wrong(0)]);
    });
  });
}
