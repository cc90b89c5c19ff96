/**
 * Compares importances over the whole space with those of Optuna's evaluator on the same recorded
 * studies.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { importances } from '../../../src/core/analysis/importance.ts';
import { axesOf, encodeValue } from '../../../src/core/search-space/axis.ts';
import { paramValue, searchSpace } from '../../../src/protocol/search-space.ts';

const recorded = z.object({
  studies: z.array(
    z.object({
      name: z.string(),
      direction: z.enum(['minimize', 'maximize']),
      searchSpace,
      trials: z.array(z.tuple([z.record(z.string(), paramValue), z.number().nullable()])),
      fanova: z.record(z.string(), z.array(z.number())),
    }),
  ),
});
const { studies } = recorded.parse(
  JSON.parse(readFileSync(new URL('fixtures/fanova.json', import.meta.url), 'utf8')),
);

describe('Importance: agreement with Optuna’s fANOVA', () => {
  it('uses at least five recorded studies', () => {
    expect(studies.length).toBeGreaterThanOrEqual(5);
  });

  it.each(studies.map((study) => [study.name, study] as const))(
    'agrees for every parameter of %s',
    (_, study) => {
      const axes = axesOf(study.searchSpace);
      const points = study.trials.map(([params]) =>
        Float64Array.from(axes, (axis) =>
          axis.name in params ? encodeValue(axis, params[axis.name] ?? null) : NaN,
        ),
      );
      const found = importances(
        axes,
        points,
        study.trials.map(([, x]) => x ?? NaN),
        study.direction,
      );
      if (!found.known) throw new Error(found.reason);
      for (const [name, theirs] of Object.entries(study.fanova)) {
        const whole = found.parameters.find((parameter) => parameter.name === name)?.whole;
        const mean = theirs.reduce((sum, x) => sum + x, 0) / theirs.length;
        if (whole === null || whole === undefined) throw new Error(`${name} has no importance`);
        expect(mean, name).toBeGreaterThanOrEqual(whole.low);
        expect(mean, name).toBeLessThanOrEqual(whole.high);
        // Stricter than the interval: within twice the spread over Optuna's seeds plus 0.01.
        const spread = Math.max(...theirs) - Math.min(...theirs);
        expect(Math.abs(mean - whole.share), name).toBeLessThan(2 * spread + 0.01);
      }
    },
  );
});
