/** `galapagos simulate`. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { presentName, samplerNames } from '../../core/samplers/create-sampler.ts';
import { simulate } from '../../core/simulation/index.ts';
import { syntheticFunctions } from '../../protocol/objective.ts';
import type { SimulationFile } from '../../protocol/simulation-file.ts';
import {
  parseSimulation,
  simulationOptions,
  simulationOutput,
  simulationText,
  usualSimulation,
} from '../actions/simulate-study.ts';
import { integer, real, text } from '../options/arguments.ts';
import { durationArgument } from '../options/duration-argument.ts';
import { readNamedFile } from '../options/read-named-file.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';

interface SimulateOptions {
  readonly file?: string;
  readonly workers?: number;
  readonly trials?: number;
  readonly duration?: SimulationFile['durationMs'];
  readonly sampler?: string;
  readonly objective?: SimulationFile['objective'];
  readonly crashRate?: number;
  readonly lossRate?: number;
  readonly seed?: number;
  readonly json?: boolean;
}

export function addSimulate(program: Command, context: Context): void {
  const share = real({ least: 0, most: 1 });
  program
    .command('simulate')
    .description('simulate a study on a virtual clock: utilization, duration, best value')
    .option('--file <file>', 'simulation file; flags override it', text)
    .option('--workers <n>', 'number of workers (default: 4)', integer(1))
    .option('--trials <n>', 'number of trials (default: 64)', integer(1))
    .option(
      '--duration <time>',
      'duration of an evaluation, for example 1.5s (default: lognormal:200ms,0.5)',
      durationArgument,
    )
    .option('--sampler <name>', samplerNames.map(({ name }) => name).join(', '), text)
    .addOption(
      new Option('--objective <name>', 'test function to optimize (default: sphere)').choices(
        syntheticFunctions,
      ),
    )
    .option('--crash-rate <share>', 'share of attempts that crash (default: 0)', share)
    .option('--loss-rate <share>', 'share of attempts whose worker is lost (default: 0)', share)
    .option('--seed <n>', 'seed of the random generator (default: 0)', integer(0))
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Workers, clock and failures are simulated; the scheduler and the sampler are the real ones. No process is started and
no file is written.

Examples:
  galapagos simulate --workers 16 --trials 128 --duration lognormal:200ms,0.5
  galapagos simulate --workers 16 --trials 128 --sampler generational
  galapagos simulate --workers 1000 --trials 100000 --loss-rate 0.01
  galapagos simulate --file simulation.json --json`,
    )
    .action((options: SimulateOptions) => {
      const file = withFlags(
        options.file === undefined ? usualSimulation : read(options.file, context),
        options,
      );
      const output = simulationOutput(
        file,
        simulate(simulationOptions(file, options.file ?? 'simulate')),
      );
      if (options.json === true) printJson(context, output);
      else print(context, simulationText(output));
    });
}

function withFlags(file: SimulationFile, options: SimulateOptions): SimulationFile {
  const sampler = options.sampler === undefined ? undefined : presentName(options.sampler);
  const { workers, trials, duration, objective, crashRate, lossRate, seed } = options;
  return {
    ...file,
    workers: workers ?? file.workers,
    trials: trials ?? file.trials,
    durationMs: duration ?? file.durationMs,
    sampler:
      sampler === undefined || sampler === file.sampler.name ? file.sampler : { name: sampler },
    objective: objective ?? file.objective,
    crashRate: crashRate ?? file.crashRate,
    lossRate: lossRate ?? file.lossRate,
    seed: seed ?? file.seed,
  };
}

function read(named: string, context: Context): SimulationFile {
  return parseSimulation(readNamedFile(context, named, `the simulation file ${named}`), named);
}
