/** Tests the frame's logic: folding of its parts, keys, the most costly idle device. */
import { describe, expect, test, vi } from 'vitest';
import { slotName } from '../../src/core/device.ts';
import { costliestIdle } from '../../src/renderer/frame/costliest-idle.ts';
import { commandFor } from '../../src/renderer/frame/keys.ts';
import { parseLimit } from '../../src/renderer/frame/limit.ts';
import { initials, layoutFor } from '../../src/renderer/frame/screen.ts';
import { stairs } from '../../src/renderer/frame/stairs.ts';
import { groupsOf } from '../../src/renderer/frame/study-groups.ts';
import { text } from '../../src/renderer/text.ts';
import { slotRow, studyRow } from '../support/window-examples.ts';

describe('Window: layout by size', () => {
  test.each([
    [
      1920,
      1080,
      { railFolded: false, inspectorIsSheet: false, stripFolded: false, parametersHidden: false },
    ],
    [
      1280,
      800,
      { railFolded: false, inspectorIsSheet: false, stripFolded: false, parametersHidden: false },
    ],
    [
      1180,
      720,
      { railFolded: false, inspectorIsSheet: false, stripFolded: false, parametersHidden: false },
    ],
    [
      1179,
      719,
      { railFolded: false, inspectorIsSheet: true, stripFolded: true, parametersHidden: false },
    ],
    [
      1079,
      680,
      { railFolded: true, inspectorIsSheet: true, stripFolded: true, parametersHidden: false },
    ],
    [
      960,
      640,
      { railFolded: true, inspectorIsSheet: true, stripFolded: true, parametersHidden: true },
    ],
  ])('folds the parts that do not fit at %s × %s', (width, height, expected) => {
    expect(layoutFor(width, height)).toMatchObject(expected);
  });

  test('gives studies distinct initials when their names allow it', () => {
    expect(
      initials(['MNIST, small conv', 'MNIST, grid baseline', 'CIFAR-10', 'Wine', '…']),
    ).toEqual(['M', 'G', 'C', 'W', '?']);
  });
});

describe('Rail: groups of studies', () => {
  const rows = [
    studyRow({ key: 'a', name: 'digits' }),
    studyRow({ key: 'at', name: 'digits confirmation, test result', confirms: 'a', created: 30 }),
    studyRow({ key: 'ac', name: 'digits confirmation', confirms: 'a', created: 20 }),
    studyRow({ key: 'b', name: 'wine' }),
    studyRow({ key: 'gone', name: 'old confirmation', confirms: 'not here' }),
  ];

  test('lists confirmations below their original, the earliest first, and every study once', () => {
    const shown = groupsOf(rows).map(({ study, confirmations }) => [
      study.key,
      ...confirmations.map(({ key }) => key),
    ]);
    expect(shown).toEqual([['a', 'ac', 'at'], ['b'], ['gone']]);
  });

  test('leaves out deleted studies and their confirmations', () => {
    const deleted = rows.map((row) => ({ ...row, deleted: ['a', 'ac', 'at'].includes(row.key) }));
    expect(groupsOf(deleted).map(({ study }) => study.key)).toEqual(['b', 'gone']);
  });

  test('shows how many trials of a confirmation have ended', () => {
    expect(text.rail.confirmationOf({ done: 0, of: 25 })).toBe('Confirmation (0 of 25)');
    expect(text.rail.confirmationOf({ done: 25, of: 25 })).toBe('Confirmation (25 of 25)');
  });
});

describe('Strip: the most costly idle device', () => {
  const idle = (
    reason: string,
    since: number,
  ): { since: number; reason: string; data: Record<string, unknown> } => ({
    since,
    reason,
    data: {},
  });

  test('weights a GPU more than cores that have been idle for longer', () => {
    const slots = [
      slotRow({ slot: 'local/cpu/0', idle: idle('budget', 0) }),
      slotRow({ slot: 'local/gpu-1/0', device: 'gpu-1', idle: idle('generation', 8000) }),
    ];
    expect(costliestIdle(slots, 10_000)).toMatchObject({ reason: 'generation', since: 8000 });
  });

  test('ignores the idle reason of a worker that is busy', () => {
    const running = [{ study: 'a', trial: 1, attemptNumber: 1, lane: 0 }];
    expect(
      costliestIdle([slotRow({ running, idle: idle('budget', 0) }), slotRow()], 10),
    ).toBeNull();
  });

  test('ignores workers of machines that have left', () => {
    expect(costliestIdle([slotRow({ idle: idle('nodeAbsent', 0) })], 10)).toBeNull();
  });

  test.each([
    ['local/cpu/3', 'CPU 3'],
    ['local/gpu-1/0', 'GPU 1'],
    ['local/gpu/0', 'GPU 0'],
  ])('describes %s as %s', (slot, expected) => {
    expect(slotName(slot)).toBe(expected);
  });
});

describe('Window: keys', () => {
  const key = (
    pressed: string,
    held: { ctrl?: boolean; shift?: boolean } = {},
  ): Parameters<typeof commandFor>[0] => ({
    key: pressed,
    ctrlKey: held.ctrl ?? false,
    metaKey: false,
    shiftKey: held.shift ?? false,
    altKey: false,
  });

  test.each([
    ['J', key('j'), 'next'],
    ['Shift J', key('J', { shift: true }), 'lineage-next'],
    ['Ctrl K', key('k', { ctrl: true }), 'commands'],
    ['?', key('?', { shift: true }), 'keys'],
    ['Ctrl Shift O', key('O', { ctrl: true, shift: true }), 'open-lab'],
    ['an unknown key', key('q'), null],
  ])('assigns %s', (_, event, expected) => {
    expect(commandFor(event, false)).toBe(expected);
  });

  test('gives Space to a button that was reached by keys, and pauses when a click focused the button', () => {
    class Button {
      matches(): boolean {
        return true;
      }
    }
    vi.stubGlobal('Element', Button);
    const event = { ...key(' '), target: new Button() as unknown as EventTarget };
    expect(commandFor(event, false)).toBeNull();
    expect(commandFor(event, false, true)).toBe('pause-resume');
    vi.unstubAllGlobals();
  });

  test('accepts only keys with Ctrl while the user types', () => {
    expect(commandFor(key('j'), true)).toBeNull();
    expect(commandFor(key('k', { ctrl: true }), true)).toBe('commands');
  });
});

describe('Limits: typed text', () => {
  test.each([
    ['', 'whole', null],
    [' 64 ', 'whole', 64],
    ['100,000', 'whole', 100_000],
    ['1.5', 'whole', undefined],
    ['1.5', 'positive', 1.5],
    ['0', 'positive', undefined],
    ['-1', 'any', -1],
    ['abc', 'any', undefined],
  ] as const)('parses %j as %s', (written, kind, expected) => {
    expect(parseLimit(written, kind)).toBe(expected);
  });
});

test('Rail: draws a staircase that rises for better values in either direction', () => {
  const of = (values: number[]): Parameters<typeof stairs>[0] => ({
    ended: [1, 5],
    trials: [0, 4],
    values,
    activeMs: [null, null],
  });
  expect(stairs(of([0.9, 0.95]), 'maximize', 9, 48, 14)).toBe('M0.0 13.0 H24.0 V1.0 H48');
  expect(stairs(of([0.5, 0.1]), 'minimize', 9, 48, 14)).toBe('M0.0 13.0 H24.0 V1.0 H48');
  expect(stairs({ ended: [], trials: [], values: [], activeMs: [] }, 'maximize', 0, 48, 14)).toBe(
    '',
  );
});
