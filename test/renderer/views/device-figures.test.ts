import { describe, expect, it } from 'vitest';
import { clockTime } from '../../../src/renderer/format.ts';
import { text } from '../../../src/renderer/text.ts';
import {
  nodeFigures,
  unlessAway,
  whyNoFigures,
} from '../../../src/renderer/views/lab/device-figures.ts';

const sample = {
  ...{ node: 'na', at: 0, cores: [50], memoryBytes: 1, memoryTotalBytes: 2, temperature: 60 },
  ...{ devices: [], workers: [], unknown: {} },
};

describe('Figures of devices: machines that are away', () => {
  it('are unknown since the last message of the machine', () => {
    const why = whyNoFigures({ presence: 'away', since: 1_800_000_000_000 });
    expect(why).toBe(text.lab.awaySince({ clock: clockTime(1_800_000_000_000) }));
    const figures = unlessAway(nodeFigures([sample]), why);
    expect(figures.map(({ shown, values, unknown }) => ({ shown, values, unknown }))).toEqual([
      { shown: null, values: [], unknown: why },
      { shown: null, values: [], unknown: why },
    ]);
  });

  it('are unknown of a machine that was never connected', () => {
    expect(whyNoFigures({ presence: 'absent', since: null })).toBe(text.lab.notConnected);
  });

  it('are the current ones of a present machine and of this one', () => {
    for (const row of [null, { presence: 'present', since: 5 } as const]) {
      const figures = unlessAway(nodeFigures([sample]), whyNoFigures(row));
      expect(figures[1]).toMatchObject({ shown: expect.stringContaining('60') as string });
    }
  });
});
