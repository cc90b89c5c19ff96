/** Answers what a window reads of a lab file: trials in full, curves, studies as files. What reads whole studies does so in a thread. */
import { story } from '../core/scheduling/index.ts';
import type { CallDeps } from './call-deps.ts';
import type { CallHandlers } from './calls.ts';
import { exportBest, exportStudyFile } from './export-study.ts';
import { openFile, readStudy } from './read-open-lab.ts';
import { readTrial } from './read-trials.ts';
import { studyFileOf } from './study-file-of.ts';
import type { ThreadWork } from './thread-work.ts';

type ReadingCalls = Pick<CallHandlers, 'studyFile' | 'trial' | 'curves' | 'deciles' | 'importance' | 'export'>;

export function readingCalls(deps: CallDeps, thread: ThreadWork): ReadingCalls {
  return {
    studyFile: ({ study }) => readStudy(deps, study, (_, found) => studyFileOf(found)),
    trial: ({ study, trial }) => {
      const detail = readStudy(deps, study, (reader, found) => readTrial(reader, found, trial));
      const lab = deps.lab()?.lab;
      // Until it ends, only the scheduler knows why it is where it is.
      const open = lab === undefined ? [] : story(lab, study, trial);
      return open.length === 0 ? detail : { ...detail, story: { ...detail.story, story: [...open] } };
    },
    curves: (of) => thread.do('curves', { file: openFile(deps), ...of }),
    deciles: (of) => thread.do('deciles', { file: openFile(deps), ...of }),
    importance: (of) => thread.do('importance', { file: openFile(deps), ...of }),
    export: ({ study, what, top }) => {
      switch (what) {
        case 'best':
          return readStudy(deps, study, (reader, found) => exportBest(reader, found, top));
        case 'csv':
          return thread.do('csv', { file: openFile(deps), study });
        case 'study':
          return readStudy(deps, study, (_, found) => exportStudyFile(found));
        case 'lab':
          return thread.do('lab', { file: openFile(deps) });
        default:
          return what satisfies never;
      }
    },
  };
}
