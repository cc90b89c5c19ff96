/**
 * The thread that reads a lab file for windows, a block of rows a turn, and estimates the time
 * left, so that neither blocks the coordinator's event loop. `study-projection.ts` uses the rows.
 * Entry of a worker thread: other files import its types only.
 */
import { workerData } from 'node:worker_threads';
import { timeLeft } from '../../core/analysis/time-left.ts';
import type { TimeLeft, Workload } from '../../core/analysis/time-left.ts';
import type { RowBlock } from '../../protocol/window/row-columns.ts';
import { serveRequests } from '../../runtime/serve-requests.ts';
import type { Reply } from '../../runtime/serve-requests.ts';
import type {
  AttemptEntry,
  AttemptFilter,
  StudyMoments,
  StudySummary,
} from '../../storage/lab-reader.ts';
import type { LabReader } from '../../storage/lab-reader.ts';
import { readLab } from '../../storage/read-lab.ts';
import type { RowNames } from '../../storage/row-block.ts';

export interface ThreadInput {
  readonly file: string;
}

/** A study of another program. */
export interface ForeignSummary {
  readonly summary: StudySummary;
  readonly parameters: readonly string[];
  readonly ends: readonly { readonly number: number; readonly value: number }[];
  readonly moments: StudyMoments;
}

export type Ask =
  | { readonly ask: 'rows'; readonly study: string }
  | { readonly ask: 'attempts'; readonly which: AttemptFilter }
  | { readonly ask: 'studies' }
  /** Time that a study still takes; the answer depends on the workload alone. */
  | { readonly ask: 'timeLeft'; readonly work: Workload };

export type ThreadAnswer =
  | {
      readonly answer: 'rows';
      readonly block: RowBlock;
      readonly names: RowNames;
      readonly read: number;
    }
  | {
      readonly answer: 'curve';
      readonly trial: number;
      readonly attemptNumber: number;
      readonly steps: number[];
      readonly values: number[];
    }
  /** All rows and curves were sent. */
  | { readonly answer: 'end' }
  | { readonly answer: 'attempts'; readonly attempts: readonly AttemptEntry[] }
  | {
      readonly answer: 'studies';
      readonly ours: readonly { readonly uid: string; readonly moments: StudyMoments }[];
      readonly foreign: readonly ForeignSummary[];
    }
  | { readonly answer: 'timeLeft'; readonly left: TimeLeft };

const { file } = workerData as ThreadInput;

serveRequests(async (ask: Ask, reply: Reply<ThreadAnswer>): Promise<ThreadAnswer> => {
  if (ask.ask === 'timeLeft') return { answer: 'timeLeft', left: timeLeft(ask.work) };
  const reader = readLab(file);
  try {
    switch (ask.ask) {
      case 'rows':
        await sendRows(reader, ask.study, reply);
        return { answer: 'end' };
      case 'attempts':
        return { answer: 'attempts', attempts: reader.attempts(ask.which) };
      case 'studies':
        return studiesIn(reader);
      default:
        return ask satisfies never;
    }
  } finally {
    reader.close();
  }
});

async function sendRows(
  reader: LabReader,
  study: string,
  reply: Reply<ThreadAnswer>,
): Promise<void> {
  const running: number[] = [];
  let read = 0;
  for (const { block, names } of reader.rows(study)) {
    if (reply.unwanted) return;
    for (const [i, number] of block.number.entries())
      if (block.state[i] === RUNNING) running.push(number);
    read += block.number.length;
    const buffers = Object.values(block).map(({ buffer }: { buffer: ArrayBuffer }) => buffer);
    reply.post({ answer: 'rows', block, names, read }, buffers);
    // Messages that arrive meanwhile, also withdrawals, are handled.
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const trial of running) {
    if (reply.unwanted) return;
    const { reports = [], attempts: attemptNumber = 0 } = reader.story(study, trial)?.trial ?? {};
    if (reports.length === 0) continue;
    reply.post({
      answer: 'curve',
      trial,
      attemptNumber,
      steps: reports.map(({ step }) => step),
      values: reports.map(({ value }) => value),
    });
  }
}

/** Index in `trialStates`. */
const RUNNING = 1;

function studiesIn(reader: LabReader): ThreadAnswer {
  const ours: { uid: string; moments: StudyMoments }[] = [];
  const foreign: ForeignSummary[] = [];
  for (const { uid, name } of reader.names()) {
    const summary = uid === null ? reader.study(name) : null;
    // The coordinator has the results of our own studies.
    if (uid !== null) ours.push({ uid, moments: reader.moments(uid) });
    else if (summary !== null)
      foreign.push({
        summary,
        parameters: reader.parameters(name),
        ends: reader.foreignEnds(name),
        moments: reader.moments(name),
      });
  }
  return { answer: 'studies', ours, foreign };
}
