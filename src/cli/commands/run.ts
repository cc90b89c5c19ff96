/**
 * `galapagos run STUDY`: parses the command line; the caller provides the function that runs the
 * study.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { executorNames } from '../../core/executor-names.ts';
import { pruners } from '../../core/pruners/create-pruner.ts';
import { samplerNames } from '../../core/samplers/create-sampler.ts';
import { packings } from '../../core/study/study-spec.ts';
import type { Limits, Packing } from '../../core/study/study-spec.ts';
import type { Captured } from '../../objectives/objective-kind.ts';
import { objectiveKind } from '../../objectives/registry.ts';
import { createDisplay } from '../display/create-display.ts';
import { integer, oneOf, real, text } from '../options/arguments.ts';
import {
  addShareOptions,
  addWorkerOptions,
  countedWorkers,
  sharePort,
} from '../options/share-options.ts';
import { withLab } from '../options/lab-command.ts';
import type { Context } from '../process/context.ts';
import { resolveStudy } from '../run/resolve-study.ts';
import type { StudyFlags } from '../run/resolve-study.ts';
import type { RunStudy } from '../run/resolved-run.ts';
import type { SearchFlags } from '../run/flags-without-effect.ts';
import { resumeCommand } from '../run/resume-command.ts';
import { capturedFor } from '../run/study-code.ts';
import { startedFrom } from '../run/start-from.ts';
import type { StartFlags } from '../run/start-from.ts';
import { namesStoredStudy, storedStudy } from '../run/stored-study.ts';

interface RunOptions extends StartFlags {
  readonly workers?: number;
  readonly devices?: readonly string[];
  readonly trials?: number;
  readonly minutes?: number;
  readonly target?: number;
  readonly sampler?: string;
  readonly seed?: number;
  readonly pruner?: string;
  readonly executor?: NonNullable<StudyFlags['executor']>;
  readonly packing?: Packing;
  readonly lab: string;
  readonly export?: string;
  readonly resume?: boolean;
  readonly share?: boolean;
  readonly labPort?: number;
  readonly json?: boolean;
}

/** Adds the description, the argument and the options of the command. */
function withOptions(command: Command): Command {
  const described = command
    .description('run a study: a preset or a study file; flags override the file')
    .argument(
      '<study>',
      'a preset (mnist, paper-mnist-evolution …) or a study file (./study.json)',
      text,
    );
  addWorkerOptions(described)
    .option('--trials <n>', 'stop after this many trials', integer(1))
    .option('--minutes <n>', 'stop after this many minutes', real({ above: 0 }))
    .option('--target <x>', 'stop when a trial reaches this value', real())
    .option(
      '--sampler <name>',
      `${samplerNames.map(({ name }) => name).join(', ')}; with settings: "grid divisions=4"`,
      text,
    )
    .option(
      '--pruner <name>',
      `which trials are stopped early: ${pruners.map(({ name }) => name).join(', ')}; with settings: "median warmup=2"`,
      text,
    )
    .option('--seed <n>', 'seed of the random generator', integer(0))
    .option(
      '--executor <name>',
      `what trains networks: auto (the fastest of each device), ${executorNames.join(', ')}`,
      oneOf(['auto', ...executorNames]),
    )
    .option(
      '--packing <name>',
      'on GPUs, fewer-evaluations (few trials at a time, each from more results) or sooner (as many as fill the GPU)',
      oneOf(packings),
    )
    .option('--lab <file>', 'the lab file, which keeps every trial', text, 'lab.db')
    .option('--export <file>', 'write the five best configurations to this file at the end', text)
    .option(
      '--resume',
      'resume the study from the lab file; <study> may also be the name of a study in it',
    )
    .option(
      '--start-from <source>',
      'start from the trials of another search: FILE, FILE#STUDY, or #STUDY of the lab file; a lab file, an Optuna file or journal, an NNI experiment, a folder of Ray Tune results or a CSV table; repeatable',
      (source: string, before: readonly string[] | undefined) => [...(before ?? []), text(source)],
    )
    .option(
      '--start-value <name>',
      'column or metric that is the value in a CSV table, an NNI experiment or Ray Tune results (default: value, default, or the only one)',
      text,
    );
  return addShareOptions(described).option('--json', 'print events as JSON, one object per line');
}

const HELP = `
Press Ctrl-C once to pause the study: no new trials start, running trials have 5 s to finish, and the command that
resumes the study is printed. Press Ctrl-C twice to exit at once. Finished trials are kept in both cases.
The exit code is 1 if every trial failed.

Examples:
  galapagos run mnist
  galapagos run paper-mnist-evolution --lab lab.db --export best-configs.json
  galapagos run ./study.json --workers 4 --trials 200 --sampler random
  galapagos run mnist --resume
  galapagos run 'my study' --resume      (a study set up in the window)
  galapagos run mnist --share            (prints the command for other machines)
  galapagos run mnist --start-from old.db#mnist --trials 20
  galapagos run sphere --json | head`;

export function addRun(program: Command, context: Context, runStudy: RunStudy): void {
  withOptions(program.command('run'))
    .addHelpText('after', HELP)
    .action(async (named: string, options: RunOptions) => {
      const { streams, resources, userFolder } = context;
      const { json = false, workers, lab, export: exportTo, resume = false } = options;
      const stored =
        resume && namesStoredStudy(named, resources) && existsSync(resolve(streams.cwd, lab))
          ? await withLab(context, lab, (reader) => storedStudy(reader, named, lab))
          : null;
      const study =
        stored?.study ?? resolveStudy(named, options, { cwd: streams.cwd, resources, userFolder });
      if (stored === null)
        objectiveKind(study.spec.objective.kind)?.permit(study.spec.objective, userFolder);
      const file = resolve(streams.cwd, lab);
      const capture = (): Promise<Captured> => capturedFor(study, { userFolder, lab: file });
      const started = await startedFrom(study.spec, options, {
        cwd: streams.cwd,
        lab: file,
        resume,
      });
      // Before a lab file is created: the files may be too large.
      const code = stored === null && !resume ? await capture() : null;
      const display = createDisplay({
        json,
        spec: study.spec,
        screen: streams.stdout,
        env: streams.env,
        clock: () => new Date(),
      });
      const { note } = countedWorkers(options);
      const exitCode = await runStudy(
        {
          ...study,
          spec: code === null ? started.spec : { ...started.spec, objective: code.objective },
          capture: stored === null && resume ? capture : null,
          histories: started.histories,
          notes: [
            ...study.notes,
            ...(code?.notes ?? []),
            ...started.notes,
            ...(note === null ? [] : [note]),
          ],
          workers: workers ?? null,
          devices: options.devices ?? null,
          lab: file,
          exportTo: exportTo === undefined ? null : resolve(streams.cwd, exportTo),
          resume,
          limitFlags: limitFlags(options),
          searchFlags: searchFlags(options),
          stored: stored?.uid ?? null,
          sharePort: sharePort(options),
          resumeCommand: resumeCommand(named, {
            flags: {
              ...options,
              devices: options.devices?.join(','),
              labPort: undefined,
              'lab-port': options.labPort,
              json: undefined,
              startFrom: undefined,
              startValue: undefined,
            },
            env: streams.env,
          }),
          resources,
        },
        display,
      );
      context.exitWith(exitCode);
    });
}

function searchFlags({ sampler, pruner, seed }: RunOptions): SearchFlags {
  return {
    ...(sampler === undefined ? {} : { sampler }),
    ...(pruner === undefined ? {} : { pruner }),
    ...(seed === undefined ? {} : { seed }),
  };
}

function limitFlags({ trials, minutes, target }: RunOptions): Partial<Limits> {
  return {
    ...(trials === undefined ? {} : { trials }),
    ...(minutes === undefined ? {} : { activeMs: minutes * 60_000 }),
    ...(target === undefined ? {} : { target }),
  };
}
