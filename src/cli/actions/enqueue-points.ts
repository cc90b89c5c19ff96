/** Carries out `galapagos enqueue`. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { GalapagosError, InvalidInput } from '../../core/errors.ts';
import { trainsInParts } from '../../core/samplers/in-parts.ts';
import { axesOf } from '../../core/search-space/axis.ts';
import type { Params, ParamValue } from '../../core/search-space/distribution.ts';
import { keyText } from '../../core/search-space/duplicate-key.ts';
import { encodeParams } from '../../core/search-space/params.ts';
import { enqueuedProblems } from '../../core/search-space/enqueued-problems.ts';
import { knownStudy } from '../../documents/lab-output.ts';
import { params as paramsSchema } from '../../protocol/best-configs.ts';
import type { EnqueueOutput } from '../../protocol/cli-output.ts';
import { parseJson } from '../../protocol/json-text.ts';
import { parse } from '../../protocol/problems.ts';
import type { LabReader, StudySummary } from '../../storage/lab-reader.ts';
import { onceEach, valueOf } from '../options/arguments.ts';
import { withLab } from '../options/lab-command.ts';
import { readNamedFile } from '../options/read-named-file.ts';
import type { LabOptions } from '../options/lab-command.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { UsageError } from '../process/exit-codes.ts';
import { quoted } from '../run/resume-command.ts';

export interface EnqueueOptions extends LabOptions {
  readonly file?: string;
}

/** A point, or a list of points. */
const points = z.union([paramsSchema, z.array(paramsSchema).min(1)]);

/** @throws UsageError, InvalidInput, GalapagosError `foreign-study`; then nothing is enqueued */
export async function enqueuePoints(
  context: Context,
  named: string,
  values: readonly string[],
  { lab, json = false, file }: EnqueueOptions,
): Promise<void> {
  const given = file === undefined ? [] : pointsIn(context, file);
  if (values.length > 0) given.push(pointOf(values));
  if (given.length === 0)
    throw new UsageError('no point: give parameters as name=value, or --file', 'usage');
  const study = await withLab(context, lab, (reader) => {
    const found = knownStudy(reader, named, lab);
    return checked(reader, found, given);
  });
  const { enqueue } = await import('../../storage/enqueue.ts');
  enqueue(resolve(context.streams.cwd, lab), study.uid, given);
  const output: EnqueueOutput = { lab, study: study.name, points: given };
  if (json) printJson(context, output);
  else print(context, textOf(study, given.length, lab));
}

function textOf({ name, state }: StudySummary, count: number, lab: string): string[] {
  const said = `Enqueued ${count === 1 ? 'a point' : `${count} points`} in ${name}.`;
  const resume = `galapagos run ${quoted(name)} --resume --trials N --lab ${quoted(lab)}`;
  return state === 'finished' ? [said, `The study has finished: ${resume}`] : [said];
}

/** Returns the study if it can try all points. */
function checked(
  reader: LabReader,
  study: StudySummary,
  given: readonly Params[],
): StudySummary & { readonly uid: string } {
  const { uid, name, spec } = study;
  if (uid === null || spec === null)
    throw new GalapagosError(
      'foreign-study',
      `${name} is a study of Optuna: enqueue the point with Optuna`,
      { found: name },
    );
  if (trainsInParts(spec.sampler))
    throw new InvalidInput(name, [
      {
        code: 'trains-in-parts',
        path: 'sampler',
        expected: 'a sampler that tries given points',
        found: spec.sampler.name,
        hint: `${spec.sampler.name} chooses each of its trials itself: create a study with another sampler`,
      },
    ]);
  const wholeAxes = axesOf(spec.searchSpace);
  const whole = new Set<string>();
  for (const [i, point] of given.entries()) {
    const path = given.length === 1 ? 'params' : `params[${i}]`;
    const problems = enqueuedProblems(spec, point, path);
    if (problems.length > 0) throw new InvalidInput('the point', problems);
    const alone = encodeParams(wholeAxes, point);
    if (alone.ok) whole.add(keyText(wholeAxes, alone.params));
  }
  for (const { number, encoded } of whole.size === 0 ? [] : reader.trials(uid)) {
    if (encoded === null || !whole.has(keyText(wholeAxes, encoded))) continue;
    const message = `trial ${number} of ${name} has the same parameters`;
    throw new GalapagosError('duplicate-trial', message, { found: String(number) });
  }
  return { ...study, uid };
}

function pointOf(values: readonly string[]): Params {
  return onceEach(
    values.map((value): [string, ParamValue] => {
      const at = value.indexOf('=');
      if (at < 1)
        throw new UsageError(`expected name=value, found ${JSON.stringify(value)}`, 'usage');
      return [value.slice(0, at), valueOf(value.slice(at + 1))];
    }),
  );
}

function pointsIn(context: Context, name: string): Params[] {
  const text = readNamedFile(context, name);
  const found = parse(points, parseJson(text, name), name);
  return Array.isArray(found) ? [...found] : [found];
}
