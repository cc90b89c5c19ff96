/** Answers what a window reads of a lab file: trials in full, curves, studies as files. */
import type { CallDeps } from './call-deps.ts';
import type { CallHandlers } from './calls.ts';
import { exportBest, exportCsv, exportStudyFile } from './export-study.ts';
import { notReady } from './not-ready.ts';
import { keyOf, readStudy } from './read-open-lab.ts';
import { decilesOf, readCurves, readTrial } from './read-trials.ts';
import { studyFileOf } from './study-file-of.ts';

type ReadingCalls = Pick<CallHandlers, 'studyFile' | 'trial' | 'curves' | 'deciles' | 'export'>;

export function readingCalls(deps: CallDeps): ReadingCalls {
  return {
    studyFile: ({ study }) => readStudy(deps, study, (_, found) => studyFileOf(found)),
    trial: ({ study, trial }) => readStudy(deps, study, (reader, found) => readTrial(reader, found, trial)),
    curves: ({ study, trials }) => readStudy(deps, study, (reader, found) => readCurves(reader, found, trials)),
    deciles: ({ study }) => readStudy(deps, study, (reader, found) => decilesOf(reader.trials(keyOf(found)))),
    export: ({ study, what, top }) =>
      readStudy(deps, study, (reader, found) => {
        switch (what) {
          case 'best':
            return exportBest(reader, found, top);
          case 'csv':
            return exportCsv(reader, found);
          case 'study':
            return exportStudyFile(found);
          case 'lab':
            return notReady();
          default:
            return what satisfies never;
        }
      }),
  };
}
