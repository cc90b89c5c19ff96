/**
 * Tests the actions that Evolution offers: only applicable ones, and at least one in every state
 * that has a next step.
 */
import { describe, expect, it } from 'vitest';
import { checkSearchSpace } from '../../../src/core/search-space/check.ts';
import type { SlotRow } from '../../../src/protocol/window/lab-stream.ts';
import type { StudyFile } from '../../../src/protocol/study-file.ts';
import type { StudyHead } from '../../../src/protocol/window/study-stream.ts';
import { TrialTable } from '../../../src/renderer/state/trial-table.ts';
import { lowered, nextActs } from '../../../src/renderer/views/evolution/next-acts.ts';
import { STOPPED_BY_USER } from '../../../src/core/study/stopped.ts';
import { stateWords } from '../../../src/renderer/views/evolution/state-words.ts';
import { trialBlock } from '../../support/trial-block.ts';
import type { Row } from '../../support/trial-block.ts';
import { slotRow, studyHead } from '../../support/window-examples.ts';

const searched: NonNullable<StudyHead['searched']> = {
  objective: { kind: 'train', settings: { epochs: { $param: 'epochs' } } },
  searchSpace: {
    units: { type: 'int', low: 32, high: 512, log: true },
    epochs: { type: 'int', low: 1, high: 9 },
    rate: { type: 'float', low: 0.1, high: 1 },
  },
  sampler: { name: 'evolution' },
  seed: 1,
};
const two = [slotRow({ slot: 'local/cpu/0' }), slotRow({ slot: 'local/cpu/1' })];

function tableOf(rows: readonly Omit<Row, 'number'>[]): TrialTable {
  const table = new TrialTable(3);
  table.merge(
    trialBlock(
      rows.map((row, number) => ({ number, ...row })),
      3,
    ),
  );
  return table;
}

function head(given: Partial<StudyHead>, { complete = 0, failed = 0 } = {}): StudyHead {
  const counts = { waiting: 0, paused: 0, running: 0, complete, pruned: 0, failed, diverged: 0 };
  return studyHead({
    searched,
    trains: true,
    statesSeed: true,
    slots: two.map(({ slot }) => slot),
    counts,
    trials: complete + failed,
    ...given,
  });
}

const best = { trial: 0, value: 0.9, at: null };
const names = (of: StudyHead, table: TrialTable, slots: readonly SlotRow[] = two): string[] =>
  nextActs(of, table, null, slots).map(({ act }) => act);

describe('Next actions: a finished study', () => {
  const table = tableOf([{ value: 0.9 }]);
  const finished = (given: Partial<StudyHead> = {}): StudyHead =>
    head({ state: 'finished', best, ...given }, { complete: 1 });

  it('offers confirming, exporting and adding trials', () => {
    expect(names(finished(), table)).toEqual(['confirm', 'export', 'add']);
  });

  it('offers only the export of a deleted study', () => {
    expect(names(finished({ deleted: true }), table)).toEqual(['export']);
    expect(names(head({ state: 'paused', deleted: true }), tableOf([]))).toEqual([]);
  });

  it.each([
    ['has no seeds', { statesSeed: false }],
    ['fixes its seeds', { searched: { ...searched, objective: { kind: 'train', seed: 5 } } }],
  ])('offers no confirmation for a study that %s', (_, given) => {
    expect(names(finished(given), table)).toEqual(['export', 'add']);
  });

  it('leads from a confirmation to its original, because its own best value is not meaningful', () => {
    expect(nextActs(finished({ confirms: 'b' }), table, null, two)).toEqual([
      { act: 'show-original', study: 'b' },
    ]);
  });

  it('offers no export without a best trial', () => {
    expect(names(finished({ best: null }), table)).toEqual(['add']);
  });

  it('offers resuming first after the user stopped the study', () => {
    const stopped = finished({ reason: STOPPED_BY_USER });
    expect(names(stopped, table)).toEqual(['resume', 'confirm', 'export', 'add']);
    expect(stateWords(stopped, table, null, 0)).toBe(
      'Stopped at 1 of 64, best 90.00\u202f% (validation).',
    );
  });

  it('offers nothing for a study of another program', () => {
    expect(names(finished({ uid: null }), table)).toEqual([]);
  });
});

it('Next actions: says what became of the running trials of a paused study', () => {
  const table = tableOf([{ value: 0.9 }]);
  const paused = (settled: StudyHead['settled']): string | null =>
    stateWords(head({ state: 'paused', best, settled }, { complete: 1 }), table, null, 0);
  expect(paused({ finished: 2, returned: 0 })).toBe('Paused. 2 running trials finished.');
  expect(paused({ finished: 1, returned: 1 })).toBe(
    'Paused. 1 running trial finished, 1 returned to the queue.',
  );
  expect(paused(null)).toBe('Paused.');
});

it('Next actions: offers resuming a paused study, and nothing for one that runs or loads', () => {
  const table = tableOf([{ value: 0.9 }]);
  expect(names(head({ state: 'paused', best }, { complete: 1 }), table)).toEqual(['resume']);
  expect(names(head({ state: 'running', best }, { complete: 1 }), table)).toEqual([]);
  expect(nextActs(head({ state: 'finished', best }, { complete: 1 }), table, 0, two)).toEqual([]);
});

describe('Next actions: a study whose trials all failed', () => {
  const failed = (
    units: number,
    slot: number,
    outcome: Row['outcome'] = 'outOfMemory',
  ): Omit<Row, 'number'> => ({
    state: 'failed',
    outcome,
    slot,
    params: [units, 2, 0.5],
  });
  const running = (failures: number): StudyHead => head({ state: 'running' }, { failed: failures });

  it('shows the error, disables the only worker with failures, and lowers sizes that determine memory', () => {
    const table = tableOf([failed(400, 1), failed(120, 1)]);
    expect(nextActs(running(2), table, null, two)).toEqual([
      { act: 'show-failure', trial: 0 },
      { act: 'leave-out', slots: ['local/cpu/0'] },
      { act: 'set-up-again', lower: new Map([['units', 120]]) },
    ]);
  });

  it('disables no worker when none would remain', () => {
    expect(names(running(2), tableOf([failed(400, 1), failed(120, 2)]))).not.toContain('leave-out');
    const alone = [
      slotRow({ slot: 'local/cpu/0' }),
      slotRow({ slot: 'local/cpu/1', state: 'drained' }),
    ];
    expect(names(running(2), tableOf([failed(400, 1), failed(120, 1)]), alone)).not.toContain(
      'leave-out',
    );
  });

  it('lowers no size when memory was not the reason', () => {
    const table = tableOf([failed(400, 1, 'crashed'), failed(120, 1, 'crashed')]);
    expect(nextActs(running(2), table, null, two).at(-1)).toEqual({
      act: 'set-up-again',
      lower: new Map(),
    });
  });
});

describe('Next actions: a study with lower sizes', () => {
  const study = {
    format: 'galapagos-study/1',
    name: 'digits',
    objective: { kind: 'synthetic', function: 'sphere' },
    direction: 'maximize',
    searchSpace: searched.searchSpace,
    sampler: { name: 'evolution' },
    stop: { trials: 64 },
    seed: 7,
  } satisfies StudyFile;

  it('ends below the failed sizes, begins proportionally lower, and is otherwise equal', () => {
    const found = lowered(study, 'digits again', new Map([['units', 129]]));
    const units = { type: 'int', low: 8, high: 128, log: true };
    expect(found).toEqual({
      ...study,
      name: 'digits again',
      searchSpace: { ...searched.searchSpace, units },
    });
  });

  it.each([1, 2, 3, 32, 33, 512])('is valid whatever failed, %i', (least) => {
    expect(
      checkSearchSpace(lowered(study, 'again', new Map([['units', least]])).searchSpace),
    ).toEqual([]);
  });
});
