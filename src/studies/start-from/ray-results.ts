/**
 * Reads the results of Ray Tune: a folder for each trial with `result.json`, one report a line
 * whose `config` are the parameters. The last report of a trial counts. Ray does not store which
 * metric was optimized, nor in which direction.
 */
import { z } from 'zod';
import { parsePythonJson } from '../../storage/python-json.ts';
import { fault, LeftOut, NAMES_METRIC, parsed, refuseTooMany } from './earlier-search.ts';
import type { EarlierSearch, EarlierTrial } from './earlier-search.ts';

/** Fields of a report that Ray adds itself. */
const OF_RAY: ReadonlySet<string> = new Set([
  'config',
  'trial_id',
  'experiment_id',
  'experiment_tag',
  'date',
  'timestamp',
  'time_this_iter_s',
  'time_total_s',
  'time_since_restore',
  'timesteps_total',
  'timesteps_since_restore',
  'episodes_total',
  'training_iteration',
  'iterations_since_restore',
  'pid',
  'hostname',
  'node_ip',
  'done',
  'should_checkpoint',
  'checkpoint_dir_name',
  'warmup_time',
]);

const report = z.looseObject({ config: z.record(z.string(), z.unknown()) });

/** The file of one trial. */
export interface RayFile {
  /** For messages: `train_abc/result.json`. */
  readonly name: string;
  readonly text: string;
}

/**
 * @param source name of the folder
 * @param values metrics that are the values; null: the only one that the reports have
 * @throws InvalidInput that names the file, the line and the field
 */
export function readRayResults(
  files: readonly RayFile[],
  source: string,
  values: readonly string[] | null,
): EarlierSearch {
  refuseTooMany(source, files.length);
  const leftOut = new LeftOut();
  const last: (z.output<typeof report> & { readonly file: string })[] = [];
  for (const { name, text } of files) {
    const found = lastReport(text, name);
    // Ray creates the file before the first report.
    if (found === null) leftOut.add('without a report');
    else last.push({ ...found, file: name });
  }
  const metrics = values ?? onlyMetric(last, source);
  const trials = last.flatMap(({ file, config, ...fields }): EarlierTrial[] => {
    const numbers = metrics.map((metric) =>
      Object.hasOwn(fields, metric) ? fields[metric] : undefined,
    );
    if (numbers.some((value) => value === undefined || value === null)) {
      leftOut.add(`without ${metrics.join(', ')}`);
      return [];
    }
    return [
      {
        params: flattened(config),
        metrics: fields,
        values: numbers.map((value, i) => {
          if (typeof value === 'number') return value;
          throw fault(file, metrics[i] ?? '', 'a number', JSON.stringify(value));
        }),
      },
    ];
  });
  if (trials.length === 0 && last.length > 0)
    throw fault(
      source,
      '',
      `the metric ${metrics.join(', ')}`,
      metricsOf(last).join(', ') || 'none',
      NAMES_METRIC,
    );
  return { name: source, directions: null, trials, leftOut: leftOut.list, areTexts: false };
}

/** Null: the file is empty. A last line that a killed process has not finished is left out. */
function lastReport(text: string, file: string): z.output<typeof report> | null {
  const lines = text.split('\n');
  let found: z.output<typeof report> | null = null;
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue;
    let said: unknown;
    try {
      said = parsePythonJson(line);
    } catch {
      if (i === lines.length - 1) break;
      throw fault(file, `line ${i + 1}`, 'a report as JSON', `${line.slice(0, 60)} …`);
    }
    found = parsed(report, said, file, `line ${i + 1}`);
  }
  return found;
}

function metricsOf(reports: readonly Readonly<Record<string, unknown>>[]): string[] {
  const names = new Set<string>();
  for (const fields of reports)
    for (const [name, value] of Object.entries(fields))
      if (typeof value === 'number' && !OF_RAY.has(name)) names.add(name);
  return [...names];
}

function onlyMetric(
  reports: readonly Readonly<Record<string, unknown>>[],
  source: string,
): string[] {
  const names = metricsOf(reports);
  if (names.length === 1 || reports.length === 0) return names;
  throw fault(
    source,
    '',
    'one metric',
    names.length === 0 ? 'none' : names.slice(0, 12).join(', '),
    NAMES_METRIC,
  );
}

/** Nested configurations by Ray's own names of their columns: `model/units`. */
function flattened(
  config: Readonly<Record<string, unknown>>,
  prefix = '',
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([name, value]): [string, unknown][] =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(flattened(value as Record<string, unknown>, `${prefix}${name}/`))
        : [[`${prefix}${name}`, value]],
    ),
  );
}
