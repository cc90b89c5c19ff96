/**
 * The thread that reads a lab file for windows, a block of rows a turn, and estimates the time
 * left, so that neither blocks the coordinator's event loop. What becomes of the rows is
 * `study-projection.ts`'s. Entry of a worker thread: other files import its types only.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { timeLeft } from '../../core/analysis/time-left.ts';
import type { TimeLeft, Workload } from '../../core/analysis/time-left.ts';
import { END_THREAD } from '../../runtime/start-thread.ts';
import type {
  AttemptEntry,
  AttemptFilter,
  StudyMoments,
  StudySummary,
} from '../../storage/lab-reader.ts';
import type { LabReader } from '../../storage/lab-reader.ts';
import { readLab } from '../../storage/read-lab.ts';
import type { RowBlock, RowNames } from '../../storage/row-block.ts';

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
  | { readonly ask: 'rows'; readonly id: number; readonly study: string }
  | { readonly ask: 'stop'; readonly id: number }
  | { readonly ask: 'attempts'; readonly id: number; readonly which: AttemptFilter }
  | { readonly ask: 'studies'; readonly id: number }
  /** How long a study still takes; the answer depends on the workload alone. */
  | { readonly ask: 'timeLeft'; readonly id: number; readonly work: Workload };

export type ThreadAnswer =
  | {
      readonly answer: 'rows';
      readonly id: number;
      readonly block: RowBlock;
      readonly names: RowNames;
      readonly read: number;
    }
  | {
      readonly answer: 'curve';
      readonly id: number;
      readonly trial: number;
      readonly attemptNumber: number;
      readonly steps: number[];
      readonly values: number[];
    }
  /** All rows and curves were told. */
  | { readonly answer: 'end'; readonly id: number }
  | { readonly answer: 'attempts'; readonly id: number; readonly attempts: readonly AttemptEntry[] }
  | {
      readonly answer: 'studies';
      readonly id: number;
      readonly ours: readonly { readonly uid: string; readonly moments: StudyMoments }[];
      readonly foreign: readonly ForeignSummary[];
    }
  | { readonly answer: 'timeLeft'; readonly id: number; readonly left: TimeLeft }
  | { readonly answer: 'failed'; readonly id: number; readonly message: string };

const { file } = workerData as ThreadInput;
const port = parentPort;
if (port === null) throw new Error('the entry of a thread');
const stopped = new Set<number>();
let ending = false;

const post = (message: ThreadAnswer, transfer: ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);

port.on('message', (ask: Ask | typeof END_THREAD) => {
  if (ask === END_THREAD) {
    ending = true;
    port.close();
    return;
  }
  if (ask.ask === 'stop') {
    stopped.add(ask.id);
    return;
  }
  if (ask.ask === 'timeLeft') {
    post({ answer: 'timeLeft', id: ask.id, left: timeLeft(ask.work) });
    return;
  }
  void answer(ask).catch((error: unknown) => {
    post({
      answer: 'failed',
      id: ask.id,
      message: error instanceof Error ? error.message : String(error),
    });
  });
});

async function answer(ask: Exclude<Ask, { ask: 'stop' | 'timeLeft' }>): Promise<void> {
  const reader = readLab(file);
  try {
    switch (ask.ask) {
      case 'rows':
        await tellRows(reader, ask);
        return;
      case 'attempts':
        post({ answer: 'attempts', id: ask.id, attempts: reader.attempts(ask.which) });
        return;
      case 'studies':
        tellStudies(reader, ask.id);
        return;
      default:
        ask satisfies never;
    }
  } finally {
    reader.close();
  }
}

async function tellRows(
  reader: LabReader,
  { id, study }: Extract<Ask, { ask: 'rows' }>,
): Promise<void> {
  const running: number[] = [];
  let read = 0;
  for (const { block, names } of reader.rows(study)) {
    if (ending || stopped.delete(id)) return;
    for (const [i, number] of block.number.entries())
      if (block.state[i] === RUNNING) running.push(number);
    read += block.number.length;
    const buffers = Object.values(block).map(({ buffer }: { buffer: ArrayBuffer }) => buffer);
    post({ answer: 'rows', id, block, names, read }, buffers);
    // Messages that arrive meanwhile, also cancellations, are handled.
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const trial of running) {
    if (ending) return;
    const { reports = [], attempts: attemptNumber = 0 } = reader.story(study, trial)?.trial ?? {};
    if (reports.length === 0) continue;
    post({
      answer: 'curve',
      id,
      trial,
      attemptNumber,
      steps: reports.map(({ step }) => step),
      values: reports.map(({ value }) => value),
    });
  }
  post({ answer: 'end', id });
}

/** Index in `trialStates`. */
const RUNNING = 1;

function tellStudies(reader: LabReader, id: number): void {
  const ours: { uid: string; moments: StudyMoments }[] = [];
  const foreign: ForeignSummary[] = [];
  for (const { uid, name } of reader.names()) {
    const summary = uid === null ? reader.study(name) : null;
    // What ours come to, the coordinator knows.
    if (uid !== null) ours.push({ uid, moments: reader.moments(uid) });
    else if (summary !== null)
      foreign.push({
        summary,
        parameters: reader.parameters(name),
        ends: reader.foreignEnds(name),
        moments: reader.moments(name),
      });
  }
  post({ answer: 'studies', id, ours, foreign });
}
