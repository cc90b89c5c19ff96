/**
 * The table of a window with trials of a real evolution on a synthetic function, so that parents
 * and offspring are those of the sampler.
 */
import { createSampler } from '../../src/core/samplers/create-sampler.ts';
import { TrialColumns } from '../../src/core/study/trial-columns.ts';
import type { Head } from '../../src/renderer/state/population.ts';
import { TrialTable } from '../../src/renderer/state/trial-table.ts';
import { trialBlock } from './trial-block.ts';

const space: NonNullable<Head['searched']>['searchSpace'] = {
  x: { type: 'float', low: 0, high: 1 },
  y: { type: 'float', low: 1e-4, high: 1, log: true },
  kind: { type: 'categorical', choices: ['a', 'b'] },
  only: { type: 'int', low: 1, high: 9, when: { kind: ['b'] } },
};
const operators = ['latin-hypercube', 'uniform', 'mutation', 'crossover', 'crossover+mutation'];
const WIDTH = Object.keys(space).length;

export interface Simulated {
  readonly table: TrialTable;
  readonly head: Head;
}

/**
 * `trials` that ended one after another, every 17th failed; then `running` more that have reported
 * once.
 */
export function simulatedTable(
  sampler: 'evolution' | 'generational',
  trials: number,
  running = 0,
): Simulated {
  const spec = { name: sampler, population: 6 };
  const proposing = createSampler(spec, space, 'maximize', 3);
  const columns = new TrialColumns(space, 'maximize', proposing.window);
  const table = new TrialTable(WIDTH);
  for (let number = 0; number < trials + running; number++) {
    const historyLength = proposing.barrier === null ? columns.ended : proposing.barrier(number);
    const view =
      proposing.barrier === null
        ? columns.asynchronousView(historyLength)
        : columns.synchronousView(historyLength);
    const [proposal] = proposing.propose(number, 1, view);
    if (proposal === undefined) break;
    const { params, origin } = proposal;
    columns.proposed(number, params, historyLength, origin);
    const row = {
      number,
      historyLength,
      params: [...params],
      parents: origin.parents,
      generation: origin.generation,
      operator: operators.indexOf(origin.operator),
      started: 1e12 + 1000 * number,
    };
    if (number >= trials) {
      table.merge(
        trialBlock([{ ...row, state: 'running', outcome: null, finish: null, value: 0.5 }], WIDTH),
      );
      continue;
    }
    const failed = number % 17 === 16;
    const value = failed
      ? NaN
      : 0.98 - (params[0]! - 0.3) ** 2 - 0.01 * Math.abs(Math.log10(params[1]!) + 2);
    const finish = columns.end(
      number,
      failed ? 'failed' : 'complete',
      failed ? 'crashed' : 'succeeded',
      value,
    );
    const ended = { value, finish, ended: row.started + 900 };
    table.merge(
      trialBlock(
        [
          {
            ...row,
            ...ended,
            state: failed ? 'failed' : 'complete',
            outcome: failed ? 'crashed' : 'succeeded',
          },
        ],
        WIDTH,
      ),
    );
  }
  const searched = { objective: { kind: 'training' }, searchSpace: space, sampler: spec, seed: 3 };
  const limits = { trials: null, minutes: null, target: null };
  const head: Head = {
    key: 'study',
    direction: 'maximize',
    metric: 'accuracy',
    split: 'validation',
    searched,
    operators,
    parameters: Object.keys(space),
    state: 'running',
    limits,
    chance: null,
  };
  return { table, head };
}
