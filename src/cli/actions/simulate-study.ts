/** Converts a simulation's file and flags to core's options, and core's report to output. */
import { at } from '../../core/at.ts';
import { InvalidInput } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import { axesOf } from '../../core/search-space/axis.ts';
import type { EncodedParams, SearchSpace } from '../../core/search-space/distribution.ts';
import type { SimulationOptions, SimulationReport } from '../../core/simulation/index.ts';
import { functions } from '../../objectives/synthetic-functions.ts';
import { parseJson } from '../../protocol/json-text.ts';
import { parse } from '../../protocol/problems.ts';
import { simulationFile } from '../../protocol/simulation-file.ts';
import type { SimulationFile, SimulationOutput } from '../../protocol/simulation-file.ts';
import { checkStudy } from '../../protocol/study-checks.ts';
import { duration, number } from '../display/format.ts';

type FunctionName = SimulationFile['objective'];

/** Least and greatest coordinate, and the minimum, of each function. */
const KNOWN: Readonly<
  Record<FunctionName, { readonly low: number; readonly high: number; readonly optimum: number }>
> = {
  sphere: { low: -5, high: 5, optimum: 0 },
  rosenbrock: { low: -5, high: 5, optimum: 0 },
  rastrigin: { low: -5.12, high: 5.12, optimum: 0 },
  ackley: { low: -32.768, high: 32.768, optimum: 0 },
  branin: { low: -5, high: 15, optimum: 0.397887 },
  griewank: { low: -600, high: 600, optimum: 0 },
  levy: { low: -10, high: 10, optimum: 0 },
  step: { low: -5, high: 5, optimum: 0 },
};

/** Five coordinates within the function's usual bounds; two for Branin. */
export function usualSpace(name: FunctionName): SearchSpace {
  const { low, high } = KNOWN[name];
  const names = name === 'branin' ? ['x', 'y'] : ['a', 'b', 'c', 'd', 'e'];
  return Object.fromEntries(names.map((each) => [each, { type: 'float', low, high }]));
}

/** @throws InvalidInput with all its problems */
export function parseSimulation(text: string, source: string): SimulationFile {
  return parse(simulationFile, parseJson(text, source), source);
}

export const usualSimulation: SimulationFile = simulationFile.parse({
  format: 'galapagos-simulation/1',
});

/** @throws InvalidInput if search space, sampler and budget do not match */
export function simulationOptions(file: SimulationFile, source: string): SimulationOptions {
  const { objective, direction, sampler, seed, trials, workers, crashRate, lossRate } = file;
  const searchSpace = file.searchSpace ?? usualSpace(objective);
  const problems = checkStudy(searchSpace, sampler, direction, trials).map((problem): Problem => ({
    ...problem,
    path: problem.path === 'stop.trials' ? 'trials' : problem.path,
  }));
  if (crashRate + lossRate > 1) {
    const expected = `at most ${1 - crashRate}, since crashRate and lossRate may add up to at most 1`;
    problems.push({ code: 'out-of-range', path: 'lossRate', expected, found: String(lossRate) });
  }
  if (problems.length > 0) throw new InvalidInput(source, problems);
  const numeric = axesOf(searchSpace).filter(
    ({ distribution }) => distribution.type !== 'categorical',
  );
  const evaluate = functions[objective];
  const value = (params: EncodedParams): number =>
    evaluate(
      numeric
        .map(({ index }) => at(params, index))
        .filter((coordinate) => !Number.isNaN(coordinate)),
    );
  return {
    spec: {
      name: 'simulated',
      objective: { kind: 'synthetic', function: objective },
      direction,
      searchSpace,
      sampler,
      seed,
    },
    trials,
    workers,
    value,
    // The minimum is known within the usual bounds only; the maximum is unknown.
    optimum:
      direction === 'minimize' && file.searchSpace === undefined ? KNOWN[objective].optimum : null,
    duration: file.durationMs,
    rates: { crash: crashRate, loss: lossRate },
  };
}

export function simulationOutput(
  { workers, trials, sampler, seed }: SimulationFile,
  report: SimulationReport,
): SimulationOutput {
  const {
    efficiency,
    makespanMs,
    best,
    regret,
    completed,
    failed,
    lostAttempts,
    crashedAttempts,
    events,
  } = report;
  return {
    workers,
    trials,
    sampler: sampler.name,
    seed,
    efficiency,
    makespanMs,
    best: best?.value ?? null,
    regret,
    completed,
    failed,
    lostAttempts,
    crashedAttempts,
    events,
  };
}

export function simulationText(output: SimulationOutput): string[] {
  const {
    workers,
    trials,
    sampler,
    efficiency,
    makespanMs,
    best,
    regret,
    completed,
    failed,
    lostAttempts,
    crashedAttempts,
    events,
  } = output;
  return [
    `${completed + failed} of ${trials} trials by ${sampler} on ${workers} simulated workers`,
    `  efficiency  ${efficiency.toFixed(3)} (share of workers × makespan that was spent on trials)`,
    `  makespan    ${duration(makespanMs)} of virtual time`,
    `  best        ${best === null ? '–' : number(best)}`,
    `  regret      ${regret === null ? '– (the optimum is not known)' : `${number(regret)} above the optimum`}`,
    `  attempts    ${crashedAttempts} crashed, ${lostAttempts} lost and retried; ${failed} failed ${failed === 1 ? 'trial' : 'trials'}`,
    `  events      ${events} processed by the scheduler`,
  ];
}
