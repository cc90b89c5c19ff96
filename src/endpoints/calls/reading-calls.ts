/**
 * Endpoints that read a lab file: trials in full, curves, studies as files. Reading happens in a
 * thread, since a lab may be large.
 */
import { story } from '../../core/scheduling/index.ts';
import { outputOf } from '../reading/output-of.ts';
import { openFile } from '../reading/read-open-lab.ts';
import type { ThreadWork } from '../reading/thread-work.ts';
import type { CallDeps, CallHandlers } from './call-deps.ts';

type ReadingCalls = Pick<
  CallHandlers,
  | 'studyFile'
  | 'trial'
  | 'output'
  | 'curves'
  | 'deciles'
  | 'importance'
  | 'front'
  | 'export'
  | 'confirmations'
>;

export function readingCalls(deps: CallDeps, thread: ThreadWork): ReadingCalls {
  return {
    trial: async (input) => {
      const detail = await thread.do('trial', {
        file: openFile(deps),
        userFolder: deps.userFolder,
        ...input,
      });
      const lab = deps.lab()?.lab;
      // The story of an open trial is only in the scheduler's memory.
      const open = lab === undefined ? [] : story(lab, input.study, input.trial);
      return open.length === 0
        ? detail
        : { ...detail, story: { ...detail.story, story: [...open] } };
    },
    output: ({ study, trial, from }) =>
      Promise.resolve(outputOf(deps.userFolder, study, trial, from)),
    studyFile: async (input) => thread.do('studyFile', { file: openFile(deps), ...input }),
    curves: async (input) => thread.do('curves', { file: openFile(deps), ...input }),
    deciles: async (input) => thread.do('deciles', { file: openFile(deps), ...input }),
    importance: async (input) => thread.do('importance', { file: openFile(deps), ...input }),
    front: async (input) => thread.do('front', { file: openFile(deps), ...input }),
    confirmations: async (input) => thread.do('confirmations', { file: openFile(deps), ...input }),
    export: async ({ study, what, top }) => {
      const of = { file: openFile(deps), study };
      switch (what) {
        case 'best':
          return thread.do('best', { ...of, top });
        case 'csv':
          return thread.do('csv', of);
        case 'study':
          return thread.do('study', of);
        case 'lab':
          return thread.do('lab', { file: of.file });
        default:
          return what satisfies never;
      }
    },
  };
}
