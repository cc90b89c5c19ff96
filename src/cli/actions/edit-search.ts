/** Carries out `galapagos edit`: on a study that another program runs, or directly. */
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { editSearch } from '../../coordinator/search-edits.ts';
import { GalapagosError, InvalidInput } from '../../core/errors.ts';
import type { ParamValue } from '../../core/search-space/distribution.ts';
import type { RefusedPoint } from '../../core/search-space/enqueued-problems.ts';
import { withEscapes } from '../../core/hidden-characters.ts';
import { axesOf } from '../../core/search-space/axis.ts';
import type { SearchChange } from '../../core/study/search-edit.ts';
import type { StudySpec } from '../../core/study/study-spec.ts';
import { knownStudy } from '../../documents/lab-output.ts';
import { objectiveCheck } from '../../objectives/objective-check.ts';
import type { EditOutput } from '../../protocol/cli-output.ts';
import { parse } from '../../protocol/problems.ts';
import { searchChange } from '../../protocol/search-edit-request.ts';
import { StorageError } from '../../storage/errors.ts';
import { orThrow } from '../../studies/decide-or-throw.ts';
import { lastEdit, previewEdit } from '../../studies/edit-search.ts';
import type { EditEffect } from '../../studies/edit-search.ts';
import { onceEach, pairOf, settingOf, valueOf } from '../options/arguments.ts';
import { withLab } from '../options/lab-command.ts';
import type { LabOptions } from '../options/lab-command.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { UsageError } from '../process/exit-codes.ts';
import { changeStudy } from './change-lab.ts';

export interface EditOptions extends LabOptions {
  readonly range?: readonly string[];
  readonly fix?: readonly string[];
  readonly free?: readonly string[];
  readonly sampler?: string;
  readonly pruner?: string;
  readonly dryRun?: boolean;
}

/** Milliseconds that the program that runs the study has to answer. */
const ANSWER_MS = 30_000;
/** Milliseconds after which it is looked whether that program still has the lab open. */
const PATIENCE_MS = 6_000;
const LOOK_EVERY_MS = 100;

/** @throws UsageError, InvalidInput, GalapagosError; then nothing has changed */
export async function editStudy(
  context: Context,
  named: string,
  options: EditOptions,
): Promise<void> {
  const { lab, json = false, dryRun = false } = options;
  const checkObjective = objectiveCheck(context);
  const { study, change, preview } = await withLab(context, lab, (reader) => {
    const found = knownStudy(reader, named, lab);
    const { uid, spec, name } = found;
    if (uid === null || spec === null)
      throw new GalapagosError(
        'foreign-study',
        `${name} is a study of Optuna: only Optuna can change it`,
        { found: name },
      );
    const wanted = changeOf(options, spec);
    return {
      study: { ...found, uid },
      change: wanted,
      preview: previewEdit(reader, { ...found, uid }, spec, wanted, checkObjective),
    };
  });
  let effect: EditEffect = preview;
  if (!dryRun) {
    await apply(context, lab, study.uid, change, checkObjective);
    const spec = await withLab(context, lab, (reader) => reader.study(study.uid)?.spec ?? null);
    effect = (spec === null ? null : lastEdit(spec)) ?? preview;
  }
  const { first, told, changes } = effect;
  const { outside } = preview;
  const output: EditOutput = {
    ...{ lab, study: study.name, dryRun, first, told },
    changes: [...changes],
    ...(outside.length === 0 ? {} : { outside: outside.map((each) => ({ ...each })) }),
  };
  if (json) printJson(context, output);
  else print(context, [...editText(study.name, effect, dryRun), ...outsideText(outside, dryRun)]);
}

async function apply(
  context: Context,
  lab: string,
  uid: string,
  change: SearchChange,
  checkObjective: ReturnType<typeof objectiveCheck>,
): Promise<void> {
  const file = resolve(context.streams.cwd, lab);
  for (const until = performance.now() + ANSWER_MS; ;) {
    try {
      await changeStudy(context, lab, uid, async (coordinator) => {
        orThrow(await editSearch(coordinator, uid, change, { checkObjective }));
      });
      return;
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== 'held') throw error;
      // The program may close the lab before it finds the request.
      if (await isAnswered(file, uid, change)) return;
      if (performance.now() > until)
        throw new GalapagosError(
          'busy',
          `the program that has ${lab} open did not answer within ${ANSWER_MS / 1_000} s, so nothing was changed; end it and edit the study again`,
          { found: lab },
        );
    }
  }
}

/**
 * Asks the program that has the lab open. @returns false: it has not answered for a while, and the
 * request is withdrawn
 * @throws InvalidInput with the problems of an edit that it refused
 */
async function isAnswered(file: string, uid: string, change: SearchChange): Promise<boolean> {
  const { requestEdit, takeAnswer, withdrawEdit } = await import('../../storage/edit-requests.ts');
  const row = requestEdit(file, uid, change);
  let answer = null;
  for (const until = performance.now() + PATIENCE_MS; answer === null;) {
    await delay(LOOK_EVERY_MS);
    answer = takeAnswer(file, row);
    if (answer === null && performance.now() > until && withdrawEdit(file, row)) return false;
  }
  if (!answer.accepted) throw new InvalidInput('the edit', answer.problems);
  return true;
}

function editText(name: string, { first, told, changes }: EditEffect, dryRun: boolean): string[] {
  const done = dryRun ? `Would edit ${name}` : `Edited ${name}`;
  return [
    `${done}, from trial ${first} on:`,
    ...changes.map((line) => `  ${line}`),
    ...(told === null ? [] : [toldText(told, first)]),
  ];
}

function toldText(told: number, first: number): string {
  if (told === 0) return 'The sampler learns from none of the earlier trials.';
  const which = told === first ? '' : ': those inside the new ranges';
  return `The sampler learns from ${told} of ${first} earlier trials${which}.`;
}

/** Most points that are listed. */
const POINTS_SHOWN = 5;

function outsideText(outside: readonly RefusedPoint[], dryRun: boolean): string[] {
  if (outside.length === 0) return [];
  const which =
    outside.length === 1 ? 'An enqueued point is' : `${outside.length} enqueued points are`;
  const rest = outside.length - POINTS_SHOWN;
  return [
    `${which} outside the new ranges, and ${dryRun ? 'would' : 'will'} not be tried:`,
    ...outside
      .slice(0, POINTS_SHOWN)
      .map(({ point, reason }) => `  ${withEscapes(point)}: ${withEscapes(reason)}`),
    ...(rest > 0 ? [`  … and ${rest} more`] : []),
  ];
}

function changeOf(options: EditOptions, spec: StudySpec): SearchChange {
  const { range = [], fix = [], free = [], sampler, pruner } = options;
  const ranges: Record<string, { low: number; high: number }> = {};
  const only: Record<string, readonly ParamValue[]> = {};
  const axes = axesOf(spec.searchSpace);
  const rangeOf = onceEach(range.map((given) => pairOf(given, 'name=low..high')));
  const valueAt = onceEach(fix.map((given) => pairOf(given, 'name=value')));
  onceEach([...Object.entries(rangeOf), ...Object.entries(valueAt)]);
  for (const [name, text] of Object.entries(rangeOf)) {
    const given = `${name}=${text}`;
    const isChoice = axes.find((axis) => axis.name === name)?.kind === 'categorical';
    const bounds = /^(.*?)\.\.(.*)$/.exec(text);
    if (bounds === null || isChoice) only[name] = text.split(',').map((each) => valueOf(each));
    else ranges[name] = { low: numberOf(bounds[1], given), high: numberOf(bounds[2], given) };
  }
  for (const [name, text] of Object.entries(valueAt)) only[name] = [valueOf(text)];
  const change: SearchChange = {
    ...(Object.keys(ranges).length === 0 ? {} : { ranges }),
    ...(Object.keys(only).length === 0 ? {} : { only }),
    ...(free.length === 0 ? {} : { free }),
    ...(sampler === undefined ? {} : { sampler: settingOf(sampler) }),
    ...(pruner === undefined ? {} : { pruner: settingOf(pruner) }),
  };
  if (Object.keys(change).length === 0)
    throw new UsageError('no edit: give --range, --fix, --free, --sampler or --pruner', 'usage');
  return parse(searchChange, change, 'the edit');
}

function numberOf(text: string | undefined, given: string): number {
  const value = text === undefined || text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new UsageError(`expected name=low..high, found ${JSON.stringify(given)}`, 'usage');
}
