/**
 * Speed-up of 1 to 4 workers, measured separately for real training, which cannot gain from more
 * workers than the machine has cores, and for an objective that only waits, which shows the
 * overhead of the engine (scheduling, messages, commits, generation barriers) on any machine.
 */
import { availableParallelism, loadavg } from 'node:os';
import type { Limits, StudySpec } from '../../src/core/study/study-spec.ts';
import { linePlot } from '../chart/line-plot.ts';
import { inFreshLab } from '../lab-run.ts';
import type { Paper, PaperSetting } from './paper.ts';
import { CIFAR_SPEED_UP, evolution, grid, methods, NODES, OURS, random } from './published.ts';
import { Interrupted, presetSearch } from './searches.ts';

const WORKERS = [1, 2, 3, 4] as const;
const WAIT_MS = 250;
/** Load per core over the last minute above which other processes disturb the training. */
const BUSY = 0.3;

interface Case {
  readonly name: string;
  readonly spec: StudySpec;
  /**
   * Number of repetitions, of which the fastest counts: a wait always takes the same time, a
   * training depends on other load.
   */
  readonly repeats: number;
  /** On 4 nodes. */
  readonly published: number;
}

export async function scalability({
  trials,
  quick,
  signal,
  searches: { progress },
}: PaperSetting): Promise<Paper> {
  const cores = availableParallelism();
  const limits: Limits = { trials, activeMs: null, target: null };
  const [load = 0] = loadavg();
  const disturbed: string[] = [];
  const once = async (label: string, spec: StudySpec, workers: number): Promise<number> => {
    if (signal.aborted) throw new Interrupted();
    progress.begin(label, trials, []);
    const onTrial = (): void => progress.trial(NaN);
    const run = await inFreshLab(workers, (lab) => lab.run(spec, limits, { signal, onTrial }));
    progress.end();
    if (run.how === 'paused') throw new Interrupted();
    if (run.lost > 0) disturbed.push(`${label} (${run.lost})`);
    return run.seconds;
  };
  const measure = async ({ name, spec, repeats }: Case): Promise<readonly number[]> => {
    const fastest: number[] = [];
    for (const workers of WORKERS) {
      const label = `${name}, ${workers} ${workers === 1 ? 'worker' : 'workers'}`;
      const seconds: number[] = [];
      for (let i = 0; i < (quick ? 1 : repeats); i++)
        seconds.push(await once(label, spec, workers));
      fastest.push(Math.min(...seconds));
    }
    return fastest;
  };
  const measured = new Map<Case, readonly number[]>();
  const cases = {
    training: trainingCases(trials),
    even: waitingCases(trials, WAIT_MS),
    uneven: waitingCases(trials, { median: WAIT_MS, sigma: 0.5 }),
  };
  for (const one of Object.values(cases).flat()) measured.set(one, await measure(one));
  const speedUps = (one: Case): readonly number[] =>
    (measured.get(one) ?? []).map((s) => (measured.get(one)?.[0] ?? NaN) / s);
  const rows = (list: readonly Case[]): readonly (readonly string[])[] =>
    list.map((one) => row(one, measured.get(one) ?? [], speedUps(one)));
  const head = [
    'search',
    ...WORKERS.map((n) => `${n} ${n === 1 ? 'worker' : 'workers'}`),
    `published, ${NODES} nodes`,
  ];
  const curve = (
    one: Case | undefined,
    name: string,
    colour: string,
  ): { name: string; colour: string; points: (readonly [number, number])[] } => ({
    name,
    colour,
    points:
      one === undefined ? [] : speedUps(one).map((value, i) => [WORKERS[i] ?? 0, value] as const),
  });
  const named = (list: readonly Case[], name: string): Case | undefined =>
    list.find((one) => one.name === name);
  return {
    title: `Speed-up of 1 to ${NODES} workers`,
    lead:
      `${trials} evaluations a search, wall seconds from when the workers are ready (and the speed-up over one worker). ` +
      `This machine has ${cores} ${cores === 1 ? 'core' : 'cores'}.`,
    tables: [cases.training, cases.even, cases.uneven].map((list) => ({ head, rows: rows(list) })),
    notes: [
      `"trains" is the published protocol’s own training, the fastest of three runs: ${cores < NODES ? `${cores} cores cannot speed it up more than ${cores} ×, whatever the engine does` : 'every worker has a core of its own'}.`,
      `"waits" replaces the training by a wait of ${WAIT_MS} ms: no cores are needed, so it shows the engine’s own losses only, and says nothing about training. The published evolution makes 4 children a generation, so that 3 workers need as many rounds as 2.`,
      '"waits unevenly" draws the waits from a lognormal distribution (σ 0.5): what a generation barrier costs when evaluations differ in length.',
      ...(load < BUSY * cores
        ? []
        : [
            `Other work ran on the machine (a load of ${load.toFixed(1)} on ${cores} cores at the start): the rows that train are not to be trusted.`,
          ]),
      ...(disturbed.length === 0
        ? []
        : [
            `The machine was too busy for ${disturbed.join(', ')}: so many attempts were lost with a silent worker and run again.`,
          ]),
    ],
    pictures: {
      'paper-scalability': linePlot({
        title: `Speed-up over one worker`,
        under: [`${trials} evaluations a search; training on ${cores} cores, waiting needs none`],
        positionName: 'workers (published: nodes)',
        valueName: 'times as fast as one worker',
        positions: [...WORKERS],
        values: [0, 1, 2, 3, 4],
        curves: [
          {
            name: 'ideal',
            colour: '#8c959f',
            kind: 'dashed',
            points: [
              [1, 1],
              [NODES, NODES],
            ],
          },
          curve(
            named(cases.training, 'evolution trains'),
            `evolution trains (${cores} cores)`,
            '#57606a',
          ),
          curve(named(cases.even, 'evolution waits'), 'evolution waits', evolution.colour),
          curve(
            named(cases.uneven, 'evolution waits unevenly'),
            'evolution waits unevenly',
            '#e3a008',
          ),
          curve(named(cases.uneven, 'ours waits unevenly'), 'ours waits unevenly', OURS),
          {
            name: 'published, MNIST',
            colour: '#1f2328',
            kind: 'marks',
            points: [[NODES, evolution.speedUp]],
          },
          {
            name: 'published, CIFAR-10',
            colour: '#0072b2',
            kind: 'marks',
            points: [[NODES, CIFAR_SPEED_UP]],
          },
        ],
      }),
    },
  };
}

function trainingCases(trials: number): readonly Case[] {
  return methods.map(({ name, preset, speedUp }) => ({
    name: `${name} trains`,
    spec: presetSearch(preset, { seed: 1, trials }).spec,
    repeats: 3,
    published: speedUp,
  }));
}

function waitingCases(
  trials: number,
  durationMs: number | { readonly median: number; readonly sigma: number },
): readonly Case[] {
  const { spec } = presetSearch(random.preset, { seed: 1, trials });
  const how = typeof durationMs === 'number' ? 'waits' : 'waits unevenly';
  const waiting = (name: string, sampler: string, published: number): Case => ({
    name: `${name} ${how}`,
    spec: {
      ...spec,
      direction: 'minimize',
      objective: { kind: 'synthetic', function: 'sphere', durationMs },
      sampler: { name: sampler },
    },
    repeats: 1,
    published,
  });
  return [
    // Neither grid nor random waits for other trials: one represents both.
    waiting('random', 'random', grid.speedUp),
    waiting('evolution', 'generational', evolution.speedUp),
    waiting('ours', 'evolution', evolution.speedUp),
  ];
}

function row(
  { name, published }: Case,
  seconds: readonly number[],
  speedUps: readonly number[],
): readonly string[] {
  const cells = seconds.map((s, i) => `${s.toFixed(1)} s (${(speedUps[i] ?? NaN).toFixed(2)} ×)`);
  return [name, ...cells, `${published} ×`];
}
