/**
 * File format of `galapagos simulate`: a study on a virtual clock, with random durations and
 * failures of workers.
 */
import { z } from 'zod';
import { durationMs, syntheticFunctions } from './objective.ts';
import { integer, strict } from './problems.ts';
import { searchSpace } from './search-space.ts';
import { direction, sampler, seed } from './study-file.ts';

const share = z.number().min(0).max(1);

export const simulationFile = strict({
  $schema: z.string().optional(),
  format: z.literal('galapagos-simulation/1'),
  workers: integer(1).default(4).describe('How many workers there are.'),
  trials: integer(1).default(64).describe('How many trials are run.'),
  durationMs: durationMs
    .default({ median: 200, sigma: 0.5 })
    .describe('How long an evaluation takes, virtually.'),
  objective: z.enum(syntheticFunctions).default('sphere').describe('What is searched.'),
  searchSpace: searchSpace.optional().describe('Default: five floats from −5 to 5.'),
  direction: direction.default('minimize'),
  sampler: sampler.default({ name: 'evolution' }),
  crashRate: share.default(0).describe('The share of attempts that crash.'),
  lossRate: share.default(0).describe('The share of attempts whose worker is lost.'),
  seed: seed.default(0),
}).meta({ title: 'Galapagos simulation' });

export type SimulationFile = z.output<typeof simulationFile>;

/** Result of the simulation, in virtual time. */
export const simulationOutput = strict({
  workers: z.int(),
  trials: z.int(),
  sampler: z.string(),
  seed: z.int(),
  efficiency: z.number().describe('Busy worker time over workers × makespan.'),
  makespanMs: z.number().describe('Virtual milliseconds from start to the last end.'),
  best: z.number().nullable(),
  regret: z
    .number()
    .nullable()
    .describe('The distance of the best from the known optimum; null: not known.'),
  completed: z.int(),
  failed: z.int(),
  lostAttempts: z.int(),
  crashedAttempts: z.int(),
  events: z.int().describe('Events that the scheduler processed.'),
});
export type SimulationOutput = z.output<typeof simulationOutput>;
