/**
 * Reads the trials of another search: a study of a lab file or of Optuna, an Optuna journal, an NNI
 * experiment, Ray Tune results, or a CSV table. Recognises the format by content.
 */
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, join } from 'node:path';
import { GalapagosError } from '../../core/errors.ts';
import type { Direction } from '../../core/study/direction.ts';
import { boundsOf } from '../../core/study/objectives.ts';
import type { Listed } from '../../core/study/objectives.ts';
import { isOpenDatabase } from '../../datasets/sources/open-database.ts';
import { foreignRows } from '../../storage/foreign-rows.ts';
import type { TrialRecord } from '../../storage/lab-reader.ts';
import { readLab } from '../../storage/read-lab.ts';
import { readCsvTrials } from './csv-trials.ts';
import { chosenStudy, fault, LeftOut, MOST_BYTES, refuseTooMany } from './earlier-search.ts';
import type { EarlierSearch, EarlierTrial, Wanted } from './earlier-search.ts';
import { readNniExperiment } from './nni-experiment.ts';
import { isJournal, readJournal } from './optuna-journal.ts';
import { optunaAttributes } from './optuna-attributes.ts';
import { readRayResults } from './ray-results.ts';
import type { RayFile } from './ray-results.ts';

const SQLITE = 'SQLite format 3\0';
/** Database of an NNI experiment, in its folder. */
const NNI_DATABASE = join('db', 'nni.sqlite');
const NNI_TABLES = ['TrialJobEvent', 'MetricData', 'ExperimentProfile'] as const;
const RAY_RESULT = 'result.json';

/** Reads the same wherever the file lies: errors and names show only its own name. */
export function readSource(path: string, wanted: Wanted): EarlierSearch {
  const search = readAny(path, wanted);
  const isConstrained = (wanted.constraints ?? []).length > 0;
  return isConstrained ? search : { ...search, trials: search.trials.map(unconstrained) };
}

function unconstrained({ params, values }: EarlierTrial): EarlierTrial {
  return { params, values };
}

function readAny(path: string, wanted: Wanted): EarlierSearch {
  const name = basename(path);
  const found = statOf(path, name);
  if (found.isDirectory()) return readFolder(path, name, wanted);
  if (!found.isFile())
    throw fault(name, '', 'a file or a folder', 'neither a regular file nor a folder');
  if (isDatabase(path)) return readDatabase(path, name, wanted);
  if (found.size > MOST_BYTES) throw tooLarge(name, found.size);
  const content = readFileSync(path);
  const text = textOf(content, name);
  if (isJournal(text)) return readJournal(text, name, wanted.study);
  refuseStudy(name, wanted);
  return readCsvTrials(content, name, wanted.values, wanted.constraints);
}

function statOf(path: string, name: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const reason = error instanceof Error ? error.message : String(error);
    throw new GalapagosError(
      isMissing ? 'not-found' : 'not-read',
      isMissing ? `${name}: there is no such file or folder to start from` : `${name}: ${reason}`,
      { file: name, expected: 'a file or a folder', found: isMissing ? 'nothing' : reason },
    );
  }
}

/** A database that a program has open is not read as bytes: that would release its locks. */
function isDatabase(path: string): boolean {
  if (isOpenDatabase(path)) return true;
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(SQLITE.length);
    readSync(file, head, 0, head.length, 0);
    return head.toString('latin1') === SQLITE;
  } finally {
    closeSync(file);
  }
}

function readDatabase(path: string, name: string, wanted: Wanted): EarlierSearch {
  return readNni(path, name, wanted) ?? readStudy(path, name, wanted);
}

/** Null: no database of NNI. */
function readNni(path: string, name: string, wanted: Wanted): EarlierSearch | null {
  const rows = foreignRows(path, NNI_TABLES, {
    events: 'SELECT trialJobId, event, data FROM TrialJobEvent ORDER BY rowid',
    finals:
      "SELECT trialJobId, parameterId, data FROM MetricData WHERE type = 'FINAL' ORDER BY rowid",
    profiles: 'SELECT params FROM ExperimentProfile ORDER BY revision',
  });
  if (rows === null) return null;
  refuseStudy(name, wanted);
  return readNniExperiment(rows, name, wanted.values);
}

/** A study of a lab file or of a file of Optuna's. */
function readStudy(path: string, name: string, wanted: Wanted): EarlierSearch {
  const reader = readLab(path);
  try {
    const studies = reader.studies().filter(({ deleted }) => !deleted);
    const study = chosenStudy(name, studies, wanted.study);
    const leftOut = new LeftOut();
    const trials: EarlierTrial[] = [];
    const isConstrained = (wanted.constraints ?? []).length > 0;
    const theirs = isConstrained && study.spec === null ? optunaAttributes(path, study.name) : null;
    for (const trial of reader.trials(study.uid ?? study.name)) {
      const values = valuesOf(trial, study.directions);
      if (trial.state !== 'complete') leftOut.add(trial.state);
      else if (values === null) leftOut.add('without a value');
      else {
        const { spec } = study;
        const known = spec === null ? theirs?.get(trial.number) : metricsOf(trial, spec);
        trials.push({ params: trial.params, values, ...known });
      }
      refuseTooMany(name, trials.length);
    }
    return {
      name: `${study.name} in ${name}`,
      directions: study.directions,
      trials,
      leftOut: leftOut.list,
      areTexts: false,
    };
  } finally {
    reader.close();
  }
}

function valuesOf(
  { value, figures }: TrialRecord,
  directions: readonly Direction[],
): readonly number[] | null {
  if (figures !== undefined) return figures.values;
  return value === null || directions.length > 1 ? null : [value];
}

/** Metrics of a trial of Galapagos: those of its result, and those that its constraints bound. */
function metricsOf({ result, figures }: TrialRecord, spec: Listed): Pick<EarlierTrial, 'metrics'> {
  const metrics: Record<string, unknown> = {};
  for (const [i, { metric, side, limit }] of boundsOf(spec).entries()) {
    const excess = figures?.excesses[i];
    if (excess !== undefined)
      metrics[metric] = side === 'at most' ? limit + excess : limit - excess;
  }
  if (result?.value !== undefined) metrics['value'] = result.value;
  return { metrics: { ...metrics, ...result?.metrics } };
}

function readFolder(path: string, name: string, wanted: Wanted): EarlierSearch {
  const database = join(path, NNI_DATABASE);
  if (existsSync(database)) {
    const found = readNni(database, name, wanted);
    if (found !== null) return found;
    throw fault(name, NNI_DATABASE, `the tables ${NNI_TABLES.join(', ')}`, 'other tables');
  }
  const entries = readdirSync(path, { withFileTypes: true });
  const folders = entries
    .filter((entry) => entry.isDirectory() && existsSync(join(path, entry.name, RAY_RESULT)))
    .map((entry) => entry.name)
    .toSorted();
  if (folders.length === 0) {
    const names = entries.map((entry) => entry.name);
    throw fault(
      name,
      '',
      `an NNI experiment (${NNI_DATABASE}) or Ray Tune results (*/${RAY_RESULT})`,
      names.length === 0 ? 'an empty folder' : names.slice(0, 8).join(', '),
    );
  }
  refuseStudy(name, wanted);
  refuseTooMany(name, folders.length);
  let bytes = 0;
  const files = folders.map((folder): RayFile => {
    const file = join(path, folder, RAY_RESULT);
    bytes += statSync(file).size;
    if (bytes > MOST_BYTES) throw tooLarge(name, bytes);
    const label = `${folder}/${RAY_RESULT}`;
    return { name: label, text: textOf(readFileSync(file), label) };
  });
  return readRayResults(files, name, wanted.values);
}

function textOf(content: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    throw fault(
      name,
      '',
      'a lab file, an Optuna file or journal, or a CSV table',
      'bytes that are not UTF-8 text',
    );
  }
}

function refuseStudy(name: string, { study }: Wanted): void {
  if (study !== null)
    throw fault(name, '', 'a source without #, since it holds one search', `#${study}`);
}

function tooLarge(name: string, size: number): GalapagosError {
  return new GalapagosError(
    'too-large',
    `${name}: expected at most ${MOST_BYTES} bytes to start from, found ${size}`,
    { expected: `at most ${MOST_BYTES} bytes`, found: String(size) },
  );
}
