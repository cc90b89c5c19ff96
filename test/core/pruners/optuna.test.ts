/**
 * The pruners that Optuna has as well, against decisions of Optuna 5 on random studies and its
 * bracket tables, stored in `fixtures/optuna.json`.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createPruner } from '../../../src/core/pruners/create-pruner.ts';
import { bracketShares } from '../../../src/core/pruners/hyperband.ts';
import type { Pruner } from '../../../src/core/pruners/pruner.ts';
import { signedRankGreater } from '../../../src/core/pruners/signed-rank.ts';
import { Trials } from './trials.ts';

const report = z.tuple([z.number(), z.number()]);
const study = z.object({
  settings: z.record(z.string(), z.number()),
  direction: z.enum(['minimize', 'maximize']),
  trials: z.array(
    z.object({
      state: z.enum(['complete', 'pruned', 'failed']),
      value: z.number(),
      reports: z.array(report),
    }),
  ),
  /** Step, value, and whether Optuna stops the trial after it. */
  own: z.array(z.tuple([z.number(), z.number(), z.boolean()])),
});
const golden = z
  .object({
    median: z.array(study),
    patient: z.array(study),
    wilcoxon: z.array(study),
    signedRank: z.array(z.object({ differences: z.array(z.number()), p: z.number() })),
    brackets: z.array(
      z.object({
        first: z.number(),
        eta: z.number(),
        length: z.number(),
        shares: z.array(z.number()),
      }),
    ),
  })
  .parse(
    JSON.parse(readFileSync(new URL('./fixtures/optuna.json', import.meta.url), 'utf8')) as unknown,
  );

function decisions(pruner: Pruner, { direction, trials, own }: z.infer<typeof study>): boolean[] {
  const columns = new Trials(direction);
  for (const { state, value, reports } of trials) {
    const number = columns.start();
    for (const [step, reported] of reports) columns.report(number, step, reported);
    columns.end(number, state, value);
  }
  const running = columns.start();
  return own.map(([step, value]) => {
    columns.report(running, step, value);
    return pruner.stops(columns, running);
  });
}

describe('Pruners: agreement with Optuna', () => {
  for (const name of ['median', 'patient', 'wilcoxon'] as const) {
    it(`decides as Optuna's pruner does: ${name}`, () => {
      for (const each of golden[name]) {
        const pruner = createPruner(
          { name, ...each.settings },
          { length: null, keeps: 'last', seed: 1 },
        );
        if (pruner === null) throw new Error(`${name} is no pruner`);
        expect(decisions(pruner, each), JSON.stringify(each.settings)).toEqual(
          each.own.map(([, , stops]) => stops),
        );
      }
    });
  }

  it("computes scipy's probabilities of the signed-rank test, with and without ties", () => {
    for (const { differences, p } of golden.signedRank)
      expect(signedRankGreater(differences)).toBeCloseTo(p, 9);
  });

  it("divides trials among brackets in Optuna's proportions", () => {
    for (const { first, eta, length, shares } of golden.brackets)
      expect(bracketShares({ first, eta }, length)).toEqual(shares);
  });
});
