/**
 * Reads the trials of an NNI experiment from the rows of its database (`db/nni.sqlite`): parameters
 * from the events of the trials' jobs, values from the final metrics. Joins them by the id of the
 * parameters: a job of NNI 3.0 may report on other parameters than its events state.
 */
import { z } from 'zod';
import type { Direction } from '../../core/study/direction.ts';
import { parsePythonJson } from '../../storage/python-json.ts';
import { fault, LeftOut, NAMES_METRIC, parsed, refuseTooMany } from './earlier-search.ts';
import type { EarlierSearch, EarlierTrial } from './earlier-search.ts';

/** Rows of the tables that are read, each column a text, a number or null. */
export interface NniRows {
  /** trialJobId, event, data of `TrialJobEvent`, in order of insertion. */
  readonly events: readonly (readonly unknown[])[];
  /** trialJobId, parameterId, data of `MetricData` of type FINAL, in order of insertion. */
  readonly finals: readonly (readonly unknown[])[];
  /** params of `ExperimentProfile`, the newest revision last. */
  readonly profiles: readonly (readonly unknown[])[];
}

const event = z.tuple([z.string(), z.string(), z.string().nullable()]);
const parameterId = z.union([z.string(), z.number()]).transform(String);
const final = z.tuple([z.string(), parameterId, z.string()]);
const profile = z.tuple([z.string()]);
const hyperParameters = z.looseObject({
  parameter_id: parameterId,
  parameters: z.record(z.string(), z.unknown()),
});
const settings = z.looseObject({
  tuner: z
    .looseObject({
      classArgs: z
        .looseObject({ optimize_mode: z.enum(['minimize', 'maximize']).exactOptional() })
        .nullish(),
    })
    .nullish(),
});
const metrics = z.union([z.number(), z.nan(), z.record(z.string(), z.unknown())]);

/** The metric of a final result with several. */
const DEFAULT_METRIC = 'default';

/**
 * @param values names of metrics of the final results; null: the result, or its `default`
 * @throws InvalidInput that names the table, the job and the field
 */
export function readNniExperiment(
  rows: NniRows,
  source: string,
  values: readonly string[] | null,
): EarlierSearch {
  /** Last event by job. */
  const states = new Map<string, string>();
  const points = new Map<string, Readonly<Record<string, unknown>>>();
  for (const row of rows.events) {
    const [job, name, data] = parsed(event, row, source, 'TrialJobEvent');
    states.set(job, name);
    if (data === null || data === '') continue;
    const place = `TrialJobEvent ${job}: data`;
    const found = parsed(hyperParameters, jsonOf(data, source, place), source, place);
    points.set(found.parameter_id, found.parameters);
  }
  refuseTooMany(source, points.size);
  const leftOut = new LeftOut();
  const results = new Map<string, Pick<EarlierTrial, 'values' | 'metrics'>>();
  for (const row of rows.finals) {
    const [job, id, data] = parsed(final, row, source, 'MetricData');
    const place = `MetricData ${job}: data`;
    const state = states.get(job) ?? 'SUCCEEDED';
    if (state !== 'SUCCEEDED') continue;
    const result = resultOf(data, source, place);
    results.set(id, {
      values: valuesOf(result, source, place, values),
      ...(typeof result === 'number'
        ? {}
        : { metrics: Object.fromEntries(Object.entries(result ?? {})) }),
    });
  }
  const trials = [...points].flatMap(([id, params]): EarlierTrial[] => {
    const found = results.get(id);
    if (found === undefined) leftOut.add('without a final result of a job that succeeded');
    return found === undefined ? [] : [{ params, ...found }];
  });
  return {
    name: source,
    directions: directionsOf(rows, source),
    trials,
    leftOut: leftOut.list,
    areTexts: false,
  };
}

function directionsOf({ profiles }: NniRows, source: string): readonly Direction[] | null {
  const row = profiles.at(-1);
  if (row === undefined) return null;
  const [text] = parsed(profile, row, source, 'ExperimentProfile');
  const place = 'ExperimentProfile: params';
  const found = parsed(settings, jsonOf(text, source, place), source, place);
  const mode = found.tuner?.classArgs?.optimize_mode;
  return mode === undefined ? null : [mode];
}

/** A result is JSON, whose text NNI writes as JSON once or twice more. */
function resultOf(data: string, source: string, place: string): unknown {
  let value: unknown = data;
  for (let depth = 0; depth < 4 && typeof value === 'string'; depth++)
    value = jsonOf(value, source, place);
  return parsed(metrics, value, source, place);
}

function valuesOf(
  result: unknown,
  source: string,
  place: string,
  wanted: readonly string[] | null,
): number[] {
  if (typeof result === 'number') {
    if (wanted === null || wanted.length === 1) return [result];
    throw fault(source, place, `the metrics ${wanted.join(', ')}`, 'one number');
  }
  const fields = Object.entries(result ?? {});
  return (wanted ?? [DEFAULT_METRIC]).map((name) => {
    const value: unknown = fields.find(([field]) => field === name)?.[1];
    if (typeof value === 'number') return value;
    const names = fields.map(([field]) => field).join(', ');
    throw fault(source, place, `the metric ${name}`, names, NAMES_METRIC);
  });
}

function jsonOf(text: string, source: string, place: string): unknown {
  try {
    return parsePythonJson(text);
  } catch {
    throw fault(source, place, 'JSON', text.slice(0, 60));
  }
}
