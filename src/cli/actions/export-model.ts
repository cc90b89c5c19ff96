/**
 * Exports a trial's model for other programs: trains it again, compares the checksum with the
 * recorded one, and writes the file completely or not at all.
 */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { GalapagosError } from '../../core/errors.ts';
import { knownStudy, scoreKindOfStudy } from '../../documents/lab-output.ts';
import type { ModelOutput } from '../../protocol/cli-output.ts';
import { repeatable, trainAgain } from '../../studies/train-again.ts';
import type { TrainedAgain } from '../../studies/train-again.ts';
import { onnxFile, weightsFile } from '../../training/run/trainer.ts';
import { score } from '../display/format.ts';
import { silent, trainingProgress } from '../display/training-progress.ts';
import { withLab } from '../options/lab-command.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { EXIT, UsageError } from '../process/exit-codes.ts';
import { onInterrupt } from '../process/interrupt.ts';
import { writeAtomically } from '../../runtime/write-atomically.ts';

export interface ExportModelOptions {
  readonly onnx: string | undefined;
  readonly weights: string | undefined;
  /** Undefined: the best trial. */
  readonly trial: number | undefined;
  readonly lab: string;
  readonly json: boolean;
}

export async function exportModel(
  context: Context,
  named: string,
  { onnx, weights, trial, lab, json }: ExportModelOptions,
): Promise<void> {
  const { stdout, cwd } = context.streams;
  const files = { onnx: absolute(cwd, onnx), weights: absolute(cwd, weights) };
  const { study, champion } = await withLab(context, lab, (reader) => {
    const study = knownStudy(reader, named, lab);
    const uid = study.uid ?? study.name;
    const front = trial === undefined ? reader.front(uid) : null;
    if (front !== null)
      throw new UsageError(
        `${study.name} has several objectives: choose a trial of its front with --trial (${front.map(({ number }) => number).join(', ')})`,
      );
    const found = trial === undefined ? reader.best(uid, 1)[0] : reader.story(uid, trial)?.trial;
    if (trial !== undefined && found === undefined)
      throw new UsageError(`${study.name} has no trial ${trial}`, 'unknown-trial');
    return { study, champion: repeatable(study, found) };
  });
  const kind = scoreKindOfStudy(study);
  const { number } = champion.trial;
  const stop = new AbortController();
  const stopHearing = onInterrupt(() => stop.abort());
  const progress = json
    ? silent
    : trainingProgress(stdout, `trial ${number} of ${study.name} again`, kind, () =>
        performance.now(),
      );
  let again: TrainedAgain | null;
  try {
    again = await trainAgain(champion, {
      resources: context.resources,
      signal: stop.signal,
      progress: ({ step, steps }) => progress.step(step, steps),
      report: ({ epoch, value: worth }) => progress.epoch(epoch + 1, worth),
    });
  } finally {
    stopHearing();
    progress.end();
  }
  if (again === null) {
    if (!json) print(context, ['Cancelled; nothing was written.']);
    context.exitWith(EXIT.interrupted);
    return;
  }
  const { outcome, trained } = again;
  const { checksum, executor } = outcome;
  const metadata = {
    study: study.name,
    trial: String(number),
    value: String(outcome.value),
    seed: String(champion.seed),
    params: JSON.stringify(champion.trial.params),
    executor,
    sha256: checksum,
  };
  if (files.weights !== null) writeAtomically(files.weights, weightsFile(trained, metadata));
  if (files.onnx !== null) writeAtomically(files.onnx, onnxFile(trained, metadata));
  const output: ModelOutput = {
    study: study.name,
    trial: number,
    value: outcome.value,
    ...kind,
    executor,
    executorReason: outcome.executorReason,
    sha256: checksum,
    recorded: {
      value: champion.trial.value,
      executor: champion.trial.result?.executor ?? null,
      sha256: again.recorded,
    },
    reproduced: again.recorded === null ? null : again.recorded === checksum,
    onnx: onnx ?? null,
    weights: weights ?? null,
  };
  if (json) printJson(context, output);
  else print(context, modelText(output));
}

export function modelText(output: ModelOutput): string[] {
  const { trial, study, executor, executorReason, sha256, recorded, reproduced, onnx, weights } =
    output;
  const short = (sum: string): string => `${sum.slice(0, 12)}…`;
  const files = [onnx, weights].filter((file) => file !== null);
  return [
    `Trial ${trial} of ${study}, retrained with ${executor} (${executorReason}): ${score(output.value, output)}`,
    reproduced === null
      ? `The weights have SHA-256 ${short(sha256)}; the study recorded none to compare with.`
      : reproduced
        ? `The weights are bit-identical to those of the study (SHA-256 ${short(sha256)}).`
        : `The weights differ from those of the study: SHA-256 ${short(sha256)} now, ${short(recorded.sha256 ?? '')} then with ` +
          `${recorded.executor ?? 'an unknown executor'}, which reached ${score(recorded.value, output)}.`,
    `Wrote ${files.join(' and ')}.`,
  ];
}

/** @throws GalapagosError before training if the file cannot be written */
function absolute(cwd: string, file: string | undefined): string | null {
  if (file === undefined) return null;
  const path = resolve(cwd, file);
  if (!existsSync(dirname(path)))
    throw new GalapagosError('not-written', `cannot write ${file}: its folder does not exist`, {
      file,
    });
  return path;
}
