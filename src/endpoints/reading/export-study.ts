/** Exports a study as files: its best configurations, all its trials as CSV, the study itself. */
import { axesOf } from '../../core/search-space/axis.ts';
import { scoreKindOf } from '../../core/study/score.ts';
import {
  bestConfigsOf,
  bestOf,
  energyOf,
  jsonText,
  namedValues,
} from '../../documents/best-configs.ts';
import { csvOf } from '../../documents/csv.ts';
import { exportedStudy, trialOutput } from '../../documents/lab-output.ts';
import { studyFileOf } from '../../documents/study-file-of.ts';
import type { ExportedFile } from '../../protocol/window/reading.ts';
import type { LabReader, StudySummary, TrialRecord } from '../../storage/lab-reader.ts';
import { withCommandLines } from '../../studies/command-lines.ts';
import { keyOf } from './read-open-lab.ts';

export function exportBest(reader: LabReader, study: StudySummary, top: number): ExportedFile {
  const configs = bestConfigsOf(
    exportedStudy(study, reader.energy(keyOf(study))),
    withCommandLines(study.spec, bestOf(reader, keyOf(study), study.spec, top), {
      study: study.name,
      lab: reader.file,
    }),
  );
  return {
    name: `${fileName(study.name)}-best.json`,
    type: 'application/json',
    content: { text: jsonText(configs) },
  };
}

export function exportStudyFile(study: StudySummary): ExportedFile {
  const text = `${JSON.stringify(studyFileOf(study), null, 2)}\n`;
  return { name: `${fileName(study.name)}.json`, type: 'application/json', content: { text } };
}

/** Every trial, one on each line; the cell of an inactive parameter is empty. */
export function exportCsv(reader: LabReader, study: StudySummary): ExportedFile {
  const trials = [...reader.trials(keyOf(study))];
  return {
    name: `${fileName(study.name)}.csv`,
    type: 'text/csv',
    content: { text: csvOf(rowsOf(study, trials)) },
  };
}

const BEFORE = ['trial', 'state', 'outcome', 'value', 'metric', 'split'];
const AFTER = [
  'operator',
  'parents',
  'generation',
  'attempts',
  'started',
  'completed',
  'executor',
  'slot',
  'energy',
];

function rowsOf(
  study: Pick<StudySummary, 'spec'>,
  trials: readonly TrialRecord[],
): readonly (readonly unknown[])[] {
  const declared =
    study.spec === null ? [] : axesOf(study.spec.searchSpace).map(({ name }) => name);
  const names = [...new Set([...declared, ...trials.flatMap(({ params }) => Object.keys(params))])];
  // A parameter with the name of a column gets a prefix.
  const head = names.map((name) => ([...BEFORE, ...AFTER].includes(name) ? `param ${name}` : name));
  const kind = scoreKindOf(study.spec?.objective ?? null, study.spec?.objectives);
  const metrics = (study.spec?.objectives ?? []).map(({ metric }) => metric);
  const rows = trials.map((trial) => {
    const { state, outcome, value, lineage, attempts, started, completed, executor } = trialOutput(
      trial,
      kind,
    );
    const { number, params, slot, result } = trial;
    const values = namedValues(trial, study.spec?.objectives) ?? {};
    return [
      ...[number, state, outcome ?? '', value ?? '', kind.metric, kind.split ?? ''],
      ...metrics.map((metric) => values[metric] ?? ''),
      ...names.map((name) => (Object.hasOwn(params, name) ? params[name] : '')),
      ...[
        lineage?.operator ?? '',
        lineage?.parents.join(' ') ?? '',
        lineage?.generation ?? '',
        attempts,
      ],
      ...[started ?? '', completed ?? '', executor ?? '', slot ?? '', energyOf(result) ?? ''],
    ];
  });
  const objectives = metrics.map((metric) => `objective ${metric}`);
  return [[...BEFORE, ...objectives, ...head, ...AFTER], ...rows];
}

/** Replaces characters that a system does not accept in file names. */
export function fileName(study: string): string {
  const plain = study
    .replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 80);
  return plain === '' ? 'study' : plain;
}
