/** Evaluates attempts of an objective `command` in this process, with programs in a folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptResult, Report } from '../../src/core/scheduling/index.ts';
import type { Params } from '../../src/core/search-space/distribution.ts';
import type { TrainingPart } from '../../src/core/study/training-part.ts';
import { permit } from '../../src/objectives/command/permission.ts';
import { decodeLine } from '../../src/objectives/command/values/lines.ts';
import { outputFolder, readOutput } from '../../src/objectives/command/output/output-log.ts';
import { commandObjective } from '../../src/protocol/command-objective.ts';
import type { CommandObjective } from '../../src/protocol/command-objective.ts';
import { cpuDevice } from '../../src/runtime/cpu-device.ts';
import { Gate } from '../../src/runtime/gate.ts';
import type { Workplace } from '../../src/objectives/evaluate.ts';
import { createRunner } from '../../src/worker/attempt.ts';
import type { RunLanes } from '../../src/worker/cohorts.ts';
import { temporaryFolder } from './temporary-folder.ts';

const study = {
  type: 'study',
  session: '1.1',
  study: 'c0ffee',
  name: 'my study é',
  seed: 7,
  parameters: [],
} as const;

/** A command that runs a shell script, whose braces are no placeholders. */
export function shell(script: string): readonly string[] {
  return ['sh', '-c', script.replaceAll(/[{}]/g, '$&$&')];
}

const SIMULATED_CARD = {
  id: 'gpu/0',
  kind: 'gpu',
  name: 'simulated card',
  lanes: 256,
  memoryBytes: 1e10,
} as const;

export interface Evaluating {
  readonly ended: Promise<AttemptResult>;
  readonly reports: readonly Report[];
  readonly stop: AbortController;
  /** Resolves with the first report of a step. */
  reported(step: number): Promise<Report>;
}

export class CommandPlace {
  readonly #folder = temporaryFolder();
  readonly gate = new Gate();
  readonly #workplace: Workplace;
  #runner: RunLanes | null = null;
  readonly userFolder: string;
  /** Working folder of the programs; its name has a space, a quote and a letter with an accent. */
  readonly project: string;

  /** @param device of the worker; absent: the processor */
  constructor(
    about: {
      readonly device?: 'gpu';
      readonly cardTimes?: NonNullable<Workplace['cardTimes']>;
    } = {},
  ) {
    this.userFolder = join(this.#folder.path, 'user');
    this.project = join(this.#folder.path, "pro jet' é");
    mkdirSync(this.project);
    this.#workplace = {
      slot: 'local/cpu/0',
      device: about.device === 'gpu' ? SIMULATED_CARD : cpuDevice(),
      ...(about.cardTimes === undefined ? {} : { cardTimes: about.cardTimes }),
      resources: '/',
      userFolder: this.userFolder,
      gate: this.gate,
      threads: 3,
    };
  }

  remove(): void {
    this.#folder.remove();
  }

  /** Writes a program for `/bin/sh` or Node. @returns its name */
  script(name: string, text: string): string {
    writeFileSync(join(this.project, name), text);
    return name;
  }

  objective(about: object): CommandObjective {
    return commandObjective.parse({ kind: 'command', folder: this.project, ...about });
  }

  start(
    about: object,
    params: Params = { x: 0.5 },
    number = 0,
    attemptNumber = 1,
    part?: TrainingPart,
  ): Evaluating {
    const objective = this.objective(about);
    permit(this.userFolder, objective);
    return this.evaluate(objective, params, number, attemptNumber, part);
  }

  /** Evaluates an objective that nobody has permitted. */
  evaluate(
    objective: CommandObjective,
    params: Params = {},
    number = 0,
    attemptNumber = 1,
    part?: TrainingPart,
  ): Evaluating {
    const stop = new AbortController();
    const reports: Report[] = [];
    const waiting = new Map<number, (report: Report) => void>();
    const attempt = { study: study.study, number, attemptNumber };
    const lane = { attempt, params, signal: stop.signal, ...(part === undefined ? {} : { part }) };
    this.#runner ??= createRunner(this.#workplace);
    const ended = this.#runner({ ...study, objective }, [lane], {
      progress: () => undefined,
      report: (_, report) => {
        reports.push(report);
        waiting.get(report.step)?.(report);
      },
      ended: () => undefined,
    }).then(([result]) => {
      if (result === undefined) throw new Error('the attempt has no result');
      return result;
    });
    return {
      ended,
      reports,
      stop,
      reported: (step) => new Promise((resolve) => waiting.set(step, resolve)),
    };
  }

  /** Runs a shell script to its end. */
  shell(script: string, about: object = {}, params?: Params): Promise<AttemptResult> {
    return this.start({ command: shell(script), ...about }, params).ended;
  }

  output(number = 0, attempt = 1): string {
    return readOutput(outputFolder(this.userFolder, study.study, number), attempt)
      .map(({ bytes }) => decodeLine(bytes))
      .join('');
  }
}
