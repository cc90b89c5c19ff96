/**
 * Asks answered on the event loop and in a thread, with 10,000 and 100,000 finished trials behind
 * them: the median time from ask to answer, and the longest block of the event loop. Samplers with
 * a model are asked in a thread, as in a lab, and may block the loop for 5 ms. Time without a core
 * and time stolen by the hypervisor do not count as a block.
 */
import { ThreadSampling } from '../src/coordinator/thread-sampling.ts';
import { createSampler } from '../src/core/samplers/create-sampler.ts';
import type { SamplerSpec } from '../src/core/samplers/sampler.ts';
import { answerAsk, createLab, step } from '../src/core/scheduling/index.ts';
import type { Ask, Event, LabState, Study } from '../src/core/scheduling/index.ts';
import { LoopProbe } from '../src/runtime/loop-probe.ts';
import { valueOf } from './ask-models.ts';
import { samplers, space } from './ask.ts';
import type { BenchRow } from './row.ts';
import { median } from './statistics.ts';

const HISTORIES = [10_000, 100_000];
const ASKS = 501;
/** Samplers that a lab asks in a thread because of their models, and the trials behind them. */
const MODELS: readonly SamplerSpec[] = [
  { name: 'guided-evolution' },
  { name: 'gp' },
  { name: 'tpe' },
  { name: 'cma-es' },
];
const MODEL_HISTORY = 400;
const MODEL_ASKS = 101;
const MOST_BLOCK_MS = 5;
const UID = 'study';

interface Figures {
  readonly asks: number;
  readonly medianMs: number;
  readonly slowestMs: number;
  /** Of the first ask: the thread's start and the copy of all trials are part of it. */
  readonly firstMs: number;
  /** Longest block of the event loop during the first ask, and during the others. */
  readonly firstBlockMs: number;
  readonly blockMs: number;
}

interface Asked {
  answer(ask: Ask): Promise<Event>;
  close(): Promise<void>;
}

export async function run(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const history of HISTORIES) {
    for (const spec of samplers) {
      const inline = await measured(spec, history, ASKS, inlineOf);
      const thread = await measured(spec, history, ASKS, threadOf);
      const name = `${spec.name}, ${history.toLocaleString('en')} finished`;
      rows.push(rowOf(`${name}, event loop`, inline, null));
      rows.push(rowOf(`${name}, thread`, thread, inline));
    }
  }
  for (const spec of MODELS) {
    const figures = await measured(spec, MODEL_HISTORY, MODEL_ASKS, threadOf);
    const row = rowOf(`${spec.name}, ${MODEL_HISTORY} finished, thread`, figures, null);
    const longest = Math.max(figures.firstBlockMs, figures.blockMs);
    rows.push({ ...row, goal: `block ≤ ${MOST_BLOCK_MS} ms`, held: longest <= MOST_BLOCK_MS });
  }
  return rows;
}

function rowOf(name: string, figures: Figures, peer: Figures | null): BenchRow {
  const { asks, medianMs, slowestMs, firstMs, firstBlockMs, blockMs } = figures;
  const note =
    `slowest of ${asks}: ${slowestMs.toFixed(2)} ms; longest block: ${blockMs.toFixed(1)} ms; ` +
    `first ask: ${firstMs.toFixed(1)} ms, block ${firstBlockMs.toFixed(1)} ms`;
  return {
    bench: 'sampling',
    case: name,
    value: medianMs,
    unit: 'ms',
    peer: peer === null ? null : 'event loop',
    peerValue: peer?.medianMs ?? null,
    ratio: peer === null ? null : medianMs / peer.medianMs,
    goal: '–',
    held: null,
    note,
  };
}

function inlineOf(lab: LabState): Asked {
  return {
    answer: (ask) => Promise.resolve(answerAsk(lab, ask, 0)),
    close: () => Promise.resolve(),
  };
}

function threadOf(lab: LabState): Asked {
  let answered: (event: Event) => void = () => undefined;
  const sampling = new ThreadSampling(
    lab,
    () => 0,
    (event) => answered(event),
  );
  return {
    answer: (ask) =>
      new Promise((resolve) => {
        answered = resolve;
        sampling.ask(ask);
      }),
    close: () => sampling.close(),
  };
}

async function measured(
  sampler: SamplerSpec,
  history: number,
  asks: number,
  start: (lab: LabState) => Asked,
): Promise<Figures> {
  const { lab, study } = labWith(sampler, history);
  const asked = start(lab);
  const ask = async (): Promise<number> => {
    const started = performance.now();
    const event = await asked.answer(askOf(study));
    const took = performance.now() - started;
    if (event.type !== 'proposed') throw new Error(`${sampler.name} answered ${event.type}`);
    append(study, event.trials);
    return took;
  };
  const [[firstMs = NaN], firstBlockMs] = await probed(1, ask);
  const [times, blockMs] = await probed(asks, ask);
  await asked.close();
  const slowestMs = Math.max(...times);
  return { asks, medianMs: median(times), slowestMs, firstMs, firstBlockMs, blockMs };
}

/** Asks in successive turns of the event loop. @returns times, and the longest block in ms */
async function probed(
  count: number,
  ask: () => Promise<number>,
): Promise<readonly [times: number[], blockMs: number]> {
  const probe = new LoopProbe();
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    times.push(await ask());
  }
  await new Promise((resolve) => setTimeout(resolve, 2));
  const { lateMs, blockedMs, long } = probe.report();
  probe.stop();
  const longest = Math.max(...long.map(({ ranMs, lateMs: late }) => ranMs ?? late));
  return [times, long.length > 0 ? longest : (blockedMs ?? lateMs).max];
}

function labWith(sampler: SamplerSpec, history: number): { lab: LabState; study: Study } {
  const lab = createLab({
    samplerFor: ({ sampler: named, searchSpace, direction, seed }) =>
      createSampler(named, searchSpace, direction, seed),
  });
  step(lab, { type: 'opened', epoch: 1, lab: { uid: 'lab', studies: [] }, at: 0 });
  step(lab, {
    type: 'studyCreated',
    uid: UID,
    spec: {
      name: UID,
      objective: { kind: 'synthetic', function: 'sphere' },
      direction: 'minimize',
      searchSpace: space,
      sampler,
      seed: 1,
    },
    limits: { trials: null, activeMs: null, target: null },
    at: 0,
  });
  const study = lab.studies.get(UID);
  if (study === undefined) throw new Error('the study was not created');
  while (study.columns.size < history) {
    const event = answerAsk(lab, askOf(study), 0);
    if (event.type !== 'proposed') throw new Error(`${sampler.name} answered ${event.type}`);
    append(study, event.trials);
  }
  return { lab, study };
}

function askOf({ sampler, columns }: Study): Ask {
  const first = columns.size;
  const historyLength = sampler.barrier === null ? columns.ended : sampler.barrier(first);
  return { do: 'askSampler', study: UID, first, count: 1, historyLength };
}

function append({ columns }: Study, trials: Extract<Event, { type: 'proposed' }>['trials']): void {
  for (const { params, origin } of trials) {
    const number = columns.size;
    columns.proposed(number, params, columns.ended, origin);
    columns.end(number, 'complete', 'succeeded', valueOf(params));
  }
}
