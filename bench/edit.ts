/**
 * Edits of a running search with 100,000 finished trials: the longest hold of the coordinator's
 * event loop from the edit to the first trial that is proposed after it. The storage is in memory,
 * so its writes are not part of the figure. Time without a core and time stolen by the hypervisor
 * do not count.
 */
import { systemClock } from '../src/coordinator/clock.ts';
import { Coordinator } from '../src/coordinator/coordinator.ts';
import { editSearch } from '../src/coordinator/search-edits.ts';
import { createSampler } from '../src/core/samplers/create-sampler.ts';
import type { SearchChange } from '../src/core/study/search-edit.ts';
import { TrialColumns } from '../src/core/study/trial-columns.ts';
import { LoopProbe } from '../src/runtime/loop-probe.ts';
import { memoryLab } from '../src/storage/memory.ts';
import type { MemoryLab } from '../src/storage/memory.ts';
import { InProcessCoordinator } from '../src/transport/in-process.ts';
import { space } from './ask.ts';
import { valueOf } from './ask-models.ts';
import type { BenchRow } from './row.ts';

const HISTORY = 100_000;
const UID = 'study';
const PEER = { slot: 'local/cpu/0', incarnation: '1.1' };
const MOST_HOLD_MS = 5;

const changes: readonly { readonly name: string; readonly change: SearchChange }[] = [
  {
    name: "a wider range, the process's first edit",
    change: { ranges: { dropout: { low: 0, high: 0.95 } } },
  },
  { name: 'a narrower range', change: { ranges: { dropout: { low: 0, high: 0.5 } } } },
  { name: 'generational', change: { sampler: { name: 'generational' } } },
  { name: 'guided-evolution', change: { sampler: { name: 'guided-evolution' } } },
  { name: 'random', change: { sampler: { name: 'random' } } },
  { name: 'grid', change: { sampler: { name: 'grid', divisions: 3 } } },
];

export async function run(): Promise<BenchRow[]> {
  const finished = finishedTrials();
  const rows: BenchRow[] = [];
  for (const { name, change } of changes) {
    const { holdMs, answerMs } = await edited(memoryLab(finished), change);
    rows.push({
      bench: 'edit',
      case: `${name}, ${HISTORY.toLocaleString('en')} finished`,
      value: holdMs,
      unit: 'ms',
      peer: null,
      peerValue: null,
      ratio: null,
      goal: `≤ ${MOST_HOLD_MS} ms`,
      held: holdMs <= MOST_HOLD_MS,
      note: `longest hold of the event loop; first proposal after ${answerMs.toFixed(0)} ms`,
    });
  }
  return rows;
}

/** Returns a lab with a study of evolution. */
function finishedTrials(): MemoryLab {
  const lab = memoryLab();
  const sampler = createSampler({ name: 'evolution' }, space, 'minimize', 1);
  const columns = new TrialColumns(space, 'minimize', sampler.window);
  lab.commit([
    [
      {
        op: 'study',
        uid: UID,
        spec: {
          name: UID,
          objective: { kind: 'synthetic', function: 'sphere' },
          direction: 'minimize',
          searchSpace: space,
          sampler: { name: 'evolution' },
          seed: 1,
        },
        limits: { trials: null, activeMs: null, target: null },
        limit: null,
      },
      { op: 'studyState', uid: UID, state: 'running', reason: null },
    ],
  ]);
  for (let number = 0; number < HISTORY; number++) {
    const historyLength = columns.ended;
    const [proposal] = sampler.propose(number, 1, columns.asynchronousView(historyLength));
    if (proposal === undefined) throw new RangeError(`no proposal for trial ${number}`);
    const { params, origin } = proposal;
    columns.proposed(number, params, historyLength, origin);
    const value = valueOf(params);
    const finishSeq = columns.end(number, 'complete', 'succeeded', value);
    lab.commit([[{ op: 'proposal', uid: UID, number, params, origin, historyLength }]]);
    lab.commit([
      [
        {
          op: 'trialEnded',
          uid: UID,
          number,
          state: 'complete',
          outcome: 'succeeded',
          value,
          finishSeq,
          attemptNumber: 0,
          story: [],
        },
      ],
    ]);
  }
  return lab;
}

async function edited(
  storage: MemoryLab,
  change: SearchChange,
): Promise<{ readonly holdMs: number; readonly answerMs: number }> {
  const open: { coordinator?: Coordinator } = {};
  let proposed: () => void = () => undefined;
  const isProposed = new Promise<void>((resolve) => (proposed = resolve));
  const transport = new InProcessCoordinator();
  const worker = transport.connect(PEER);
  worker.onMessage(
    (message) => {
      if (message.type === 'welcome') worker.joinSession(message.tasksEndpoint);
    },
    () => undefined,
    (error) => {
      throw new Error(error);
    },
  );
  const coordinator = await Coordinator.open({
    storage,
    transport,
    clock: systemClock(),
    host: { spawn: () => undefined, kill: () => undefined },
    listener: {
      turned: () => {
        const trials = open.coordinator?.lab.studies.get(UID)?.columns.size ?? 0;
        if (trials > HISTORY) proposed();
      },
      show: () => undefined,
      showLab: () => undefined,
      finished: () => undefined,
      fatal: (error) => {
        throw error;
      },
    },
  });
  open.coordinator = coordinator;
  const probe = new LoopProbe();
  const started = performance.now();
  const refused = await editSearch(coordinator, UID, change, { checkObjective: () => [] });
  if (refused !== null) throw new Error(`the edit was refused: ${refused.detail}`);
  worker.sendControl({
    type: 'hello',
    v: { low: 1, high: 1 },
    ...PEER,
    helloNo: 1,
    device: 'cpu',
    lanes: 1,
    memoryBytes: 1,
    holding: [],
  });
  await isProposed;
  const answerMs = performance.now() - started;
  await new Promise((resolve) => setTimeout(resolve, 2));
  probe.stop();
  const { lateMs, blockedMs, long } = probe.report();
  const longest = Math.max(...long.map(({ ranMs, lateMs: late }) => ranMs ?? late));
  await coordinator.close();
  return { holdMs: long.length > 0 ? longest : (blockedMs ?? lateMs).max, answerMs };
}
