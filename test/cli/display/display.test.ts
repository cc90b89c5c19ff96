import { Writable } from 'node:stream';
import { beforeEach, describe, expect, test } from 'vitest';
import { createDisplay } from '../../../src/cli/display/create-display.ts';
import { JsonDisplay } from '../../../src/cli/display/json.ts';
import { LinesDisplay } from '../../../src/cli/display/lines.ts';
import { liveView, plain } from '../../../src/cli/display/live-view.ts';
import type {
  RunDisplay,
  RunEvent,
  RunStart,
  RunSummary,
} from '../../../src/cli/display/run-display.ts';
import { RunProgress } from '../../../src/cli/display/run-progress.ts';
import { summary } from '../../../src/cli/display/summary.ts';
import { TerminalDisplay } from '../../../src/cli/display/terminal.ts';
import type { Screen } from '../../../src/cli/display/terminal.ts';
import { columns } from '../../../src/cli/display/format.ts';
import { scoreKindOf } from '../../../src/core/study/score.ts';
import type { ScoreKind } from '../../../src/core/study/score.ts';
import { runOutput } from '../../../src/protocol/run-output.ts';

const run: RunStart = {
  study: 'paper-mnist-evolution',
  resumed: false,
  trials: 64,
  workers: 2,
  direction: 'maximize',
  parameterNames: ['learningRate', 'dropout', 'momentum'],
  notes: ['the test set selects the best trial: not an honest estimate'],
  lab: 'lab.db',
};
const params = { learningRate: 0.0312345, dropout: 0.104, momentum: 0.8823456 };
const origin = { operator: 'mutation', parents: [3], generation: 2 };

const started = (trial: number, slot: string): RunEvent => ({
  type: 'trialStarted',
  trial,
  attempt: 1,
  slot,
  params,
});
const ended = (trial: number, value: number | null, isBest: boolean): RunEvent => ({
  type: 'trialEnded',
  trial,
  attempt: 1,
  slot: 'local/cpu/0',
  state: 'complete',
  outcome: value === null ? 'diverged' : 'succeeded',
  value,
  params,
  origin,
  isBest,
  ms: 1234,
  error: null,
  metrics: { loss: 0.2 },
});

const story: RunEvent[] = [
  { type: 'workerReady', slot: 'local/cpu/0', device: 'cpu' },
  { type: 'workerReady', slot: 'local/cpu/1', device: 'cpu' },
  ...[0, 1, 2, 3, 4].flatMap((trial) => [
    started(trial, 'local/cpu/0'),
    ended(trial, trial === 1 ? null : 0.9 + trial / 100, trial !== 1),
  ]),
  started(5, 'local/cpu/0'),
  started(6, 'local/cpu/1'),
  {
    type: 'trialBack',
    trial: 6,
    attempt: 1,
    slot: 'local/cpu/1',
    outcome: 'lost',
    detail: 'killed by SIGKILL',
  },
  { type: 'workerLost', slot: 'local/cpu/1', reason: 'killed by SIGKILL' },
  { type: 'quarantined', slot: 'local/cpu/1', reason: 'crashed 3 times in a row', forMs: 60_000 },
  { type: 'storageStalled', error: 'the disk is full' },
  { type: 'storageBack' },
  { type: 'note', text: 'stopping: running trials may finish for 5 s' },
];

const end: RunSummary = {
  study: run.study,
  state: 'paused',
  reason: 'interrupted',
  complete: 5,
  pruned: 0,
  failed: 0,
  settled: { finished: 1, returned: 2 },
  lostAttempts: 1,
  elapsedMs: 3500,
  energy: { joules: 84.06, trials: 5, of: 5 },
  executors: [{ label: 'wasm', reason: 'pinned by the study' }],
  best: [4, 3].map((trial) => ({ trial, value: 0.9 + trial / 100, params, attempt: 1, origin })),
  generations: [
    { generation: 0, trials: 4, best: 0.93 },
    { generation: 1, trials: 1, best: 0.94 },
    { generation: 2, trials: 0, best: null },
  ],
  written: { lab: 'lab.db', bestConfigs: 'best-configs.json' },
  resumeCommand: 'npx galapagos run paper-mnist-evolution --resume',
};

/** Plays the story with a tick each half second, one event a tick. */
function play(display: Pick<RunDisplay, 'event' | 'tick'>): void {
  display.tick(0);
  for (const [i, event] of story.entries()) {
    display.event(event);
    display.tick((i + 1) * 500);
  }
}

const VALIDATION: ScoreKind = { metric: 'accuracy', split: 'validation' };
const PLAIN: ScoreKind = { metric: 'value', split: null };

describe('Display: live view', () => {
  const view = (width: number, height = 24): string[] => {
    const progress = new RunProgress(run);
    play(progress);
    progress.event({ type: 'storageStalled', error: 'the disk is full' });
    return liveView(progress, { width, height, kind: VALIDATION, paint: plain });
  };

  test('at 80 columns', () => {
    expect(view(80)).toEqual([
      'paper-mnist-evolution  5 of 64 trials  ██░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   7 %',
      'best 94.00 % (validation) in trial 4  learningRate 0.03123  dropout 0.104',
      'momentum 0.8823',
      '0.5 evaluations/s · 1 min 58 s left · 10 s so far · 1 diverged · 1 attempt lost and retried'.slice(
        0,
        79,
      ) + '…',
      'cannot write the lab file, retrying: the disk is full',
      'cpu/0   trial 5  learningRate 0.03123  dropout 0.104  momentum 0.8823      4.0 s',
      'cpu/1   quarantined: crashed 3 times in a row',
    ]);
  });

  test('at 120 columns', () => {
    expect(view(120)).toEqual([
      'paper-mnist-evolution  5 of 64 trials  ███░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   7 %',
      'best 94.00 % (validation) in trial 4  learningRate 0.03123  dropout 0.104  momentum 0.8823',
      '0.5 evaluations/s · 1 min 58 s left · 10 s so far · 1 diverged · 1 attempt lost and retried',
      'cannot write the lab file, retrying: the disk is full',
      'cpu/0   trial 5  learningRate 0.03123  dropout 0.104  momentum 0.8823                          4.0 s',
      'cpu/1   quarantined: crashed 3 times in a row',
    ]);
  });

  test.each([20, 33, 60, 80, 200])('has no line wider than %i columns', (width) => {
    for (const line of view(width)) expect(columns(line)).toBeLessThanOrEqual(width);
  });

  test('counts the workers for which there is no line', () => {
    expect(view(80, 6).at(-1)).toBe('… and 2 more workers');
    expect(view(80, 6)).toHaveLength(6);
  });

  test('shows no speed and no time left before they can be measured', () => {
    const progress = new RunProgress(run);
    progress.tick(0);
    progress.event(ended(0, 0.9, true));
    progress.event(ended(1, 0.9, false));
    progress.tick(5000);
    expect([progress.perSecond, progress.leftMs]).toEqual([null, null]);
    progress.event(ended(2, 0.9, false));
    progress.tick(6000);
    expect(progress.perSecond).toBeCloseTo(0.5);
    expect(progress.leftMs).toBeCloseTo(122_000);
  });

  test('forgets speeds older than half a minute', () => {
    const progress = new RunProgress({ ...run, trials: null, leftMs: 90_000 });
    for (let second = 0; second <= 90; second++) {
      progress.tick(second * 1000);
      if (second < 40) progress.event(ended(second, 1, false));
    }
    expect(progress.perSecond).toBe(0);
    expect(progress.leftMs).toBe(0);
  });
});

test('Display: summary at 80 columns', () => {
  expect(summary(run, end, { width: 80, kind: VALIDATION })).toEqual([
    'Paused (interrupted): 5 of 64 trials in 3.5 s, 1 running trial finished, 2 running trials returned to the queue, 1 attempt lost and retried',
    '',
    'The 2 best configurations',
    'rank  trial  validation accuracy  learningRate  dropout  momentum',
    '   1      4              94.00 %       0.03123    0.104    0.8823',
    '   2      3              93.00 %       0.03123    0.104    0.8823',
    '',
    'Best validation accuracy per generation',
    'generation  trials  best validation accuracy  best so far',
    '         0       4                   93.00 %      93.00 %',
    '         1       1                   94.00 %      94.00 %',
    '         2       0                         –      94.00 %',
    '',
    'Trained with wasm: pinned by the study.',
    'Energy: 84.1 J for 5 trials, idle power included.',
    'Note: the test set selects the best trial: not an honest estimate',
    'Wrote best-configs.json (2 configurations); all trials are in lab.db.',
    'Resume with: npx galapagos run paper-mnist-evolution --resume',
  ]);
});

test('Display: shows a worker at the first trial sent to it, since the time it started it', () => {
  const progress = new RunProgress(run);
  const at = (): unknown => {
    const worker = progress.workers.get('local/cpu/0');
    return worker?.doing === 'trial' ? [worker.trial, progress.atItMs(worker)] : worker?.doing;
  };
  progress.tick(0);
  progress.event(started(0, 'local/cpu/0'));
  progress.event(started(1, 'local/cpu/0'));
  progress.tick(500);
  expect(at()).toEqual([0, 500]);
  progress.event(ended(0, 1, true));
  progress.event(started(2, 'local/cpu/0'));
  progress.tick(700);
  expect(at()).toEqual([1, 200]);
  progress.event({
    type: 'trialBack',
    trial: 2,
    attempt: 1,
    slot: 'local/cpu/0',
    outcome: 'lost',
    detail: null,
  });
  expect(at()).toEqual([1, 200]);
  progress.event(ended(1, 1, false));
  expect(at()).toBe('waiting');
  progress.event(started(3, 'local/cpu/0'));
  progress.event({ type: 'workerLost', slot: 'local/cpu/0', reason: 'gone' });
  progress.event({
    type: 'trialBack',
    trial: 3,
    attempt: 1,
    slot: 'local/cpu/0',
    outcome: 'lost',
    detail: null,
  });
  expect(at()).toBe('lost');
});

test('Display: sorts workers by name', () => {
  const progress = new RunProgress(run);
  for (const n of [10, 9, 0])
    progress.event({ type: 'workerReady', slot: `local/cpu/${n}`, device: 'cpu' });
  const lines = liveView(progress, { width: 80, height: 24, kind: PLAIN, paint: plain });
  expect(lines.slice(-3).map((line) => line.split(' ')[0])).toEqual(['cpu/0', 'cpu/9', 'cpu/10']);
});

test("Display: words the scheduler's reasons", () => {
  const first = (reason: string): string =>
    summary(run, { ...end, state: 'finished', reason }, { width: 80, kind: PLAIN })[0]!;
  expect(first('trials')).toContain('Finished (trial limit reached): 5 of 64 trials');
  expect(first('the disk is full')).toContain('Finished (the disk is full):');
});

test('Display: lists parameters below each trial where the table is too wide', () => {
  expect(
    summary(
      run,
      { ...end, generations: null, resumeCommand: null },
      { width: 40, kind: { metric: 'loss', split: null } },
    ).slice(2, 9),
  ).toEqual([
    'The 2 best configurations',
    '1. 0.9400 in trial 4',
    '   learningRate 0.03123  dropout 0.104',
    '   momentum 0.8823',
    '2. 0.9300 in trial 3',
    '   learningRate 0.03123  dropout 0.104',
    '   momentum 0.8823',
  ]);
});

describe('Display: without a terminal', () => {
  let lines: string[];
  let display: LinesDisplay;
  beforeEach(() => {
    lines = [];
    display = new LinesDisplay((line) => lines.push(line), VALIDATION);
    display.start(run);
  });

  test('prints a line for each finished trial, a summary every ten seconds, and errors', () => {
    play(display);
    expect(lines).toEqual([
      'paper-mnist-evolution: 64 trials on 2 workers, lab file lab.db',
      'Note: the test set selects the best trial: not an honest estimate',
      'trial 0  90.00 % (validation)  learningRate 0.03123  dropout 0.104  momentum 0.8823  1.234 s  best so far',
      'trial 1  diverged  learningRate 0.03123  dropout 0.104  momentum 0.8823  1.234 s',
      'trial 2  92.00 % (validation)  learningRate 0.03123  dropout 0.104  momentum 0.8823  1.234 s  best so far',
      'trial 3  93.00 % (validation)  learningRate 0.03123  dropout 0.104  momentum 0.8823  1.234 s  best so far',
      'trial 4  94.00 % (validation)  learningRate 0.03123  dropout 0.104  momentum 0.8823  1.234 s  best so far',
      'trial 6  attempt 1 on cpu/1 lost, retrying: killed by SIGKILL',
      'worker cpu/1 lost: killed by SIGKILL',
      'worker cpu/1 quarantined for 1 min 00 s: crashed 3 times in a row',
      'cannot write the lab file, retrying: the disk is full',
      'writing the lab file works again',
      'stopping: running trials may finish for 5 s',
      '5 of 64 trials · best 94.00 % (validation) in trial 4 · 0.5 evaluations/s · 1 min 58 s left · 1 of 2 workers busy',
    ]);
  });

  test('prints why a trial failed, in one line', () => {
    display.event({
      ...ended(0, null, false),
      state: 'failed',
      outcome: 'outOfMemory',
      error: 'no memory\n  at x',
    } as RunEvent);
    expect(lines.at(-1)).toBe(
      'trial 0  failed: no memory  learningRate 0.03123  dropout 0.104  momentum 0.8823  1.234 s',
    );
  });

  test('does not cut the summary', () => {
    display.finish(end);
    expect(lines.at(-1)).toBe('Resume with: npx galapagos run paper-mnist-evolution --resume');
  });
});

test('Display: every JSON line follows the published schema', () => {
  const lines: string[] = [];
  const display = new JsonDisplay(
    (line) => lines.push(line),
    () => new Date(0),
    VALIDATION,
  );
  display.start(run);
  play(display);
  display.event({ type: 'released', slot: 'local/cpu/1' });
  display.finish(end);
  const events = lines.map((line) => runOutput.parse(JSON.parse(line)));
  expect(events.filter(({ event }) => event !== 'progress').map(({ event }) => event)).toEqual([
    'started',
    ...story.map(
      ({ type }) =>
        ({
          workerReady: 'worker',
          workerLost: 'worker',
          quarantined: 'worker',
          storageStalled: 'storage',
          storageBack: 'storage',
        })[type as string] ?? type,
    ),
    'worker',
    'finished',
  ]);
  expect(events[0]).toMatchObject({ event: 'started', notes: run.notes });
  expect(events.filter(({ event }) => event === 'progress').length).toBe(10);
  expect(events.every(({ at }) => at === '1970-01-01T00:00:00.000Z')).toBe(true);
});

describe('Display: choice', () => {
  const spec = { objective: { kind: 'train', metric: 'accuracy' } } as never;
  const chosen = (isTTY: boolean, json: boolean, env: Record<string, string>): RunDisplay =>
    createDisplay({ json, spec, screen: screen(isTTY).stream, env, clock: () => new Date() });

  test.each([
    [true, false, {}, TerminalDisplay],
    [true, false, { TERM: 'dumb' }, LinesDisplay],
    [false, false, {}, LinesDisplay],
    [true, true, {}, JsonDisplay],
  ])('for terminal %s, --json %s, %j', (isTTY, json, env, kind) => {
    expect(chosen(isTTY, json, env as Record<string, string>)).toBeInstanceOf(kind);
  });

  test('is lines where the size of the terminal is unknown', () => {
    const display = createDisplay({
      json: false,
      spec,
      screen: screen(true, 0).stream,
      env: {},
      clock: () => new Date(),
    });
    expect(display).toBeInstanceOf(LinesDisplay);
  });

  test.each([
    [{ kind: 'train', metric: 'accuracy' }, 'accuracy', 'validation'],
    [{ kind: 'train', metric: 'loss', selectOn: 'test' }, 'loss', 'test'],
    [{ kind: 'synthetic' }, 'value', null],
    [null, 'value', null],
  ])('%j is shown as %s on %s', (objective, metric, split) => {
    expect(scoreKindOf(objective)).toEqual({ metric, split });
  });
});

describe('Display: in a terminal', () => {
  const played = (env: Record<string, string>, width: number): string => {
    const { stream, text } = screen(true, width);
    const display = createDisplay({
      json: false,
      spec: { objective: { kind: 'train' } } as never,
      screen: stream,
      env,
      clock: () => new Date(),
    });
    display.start(run);
    play(display);
    display.finish(end);
    return text();
  };

  test('shows the live view at once, keeps lasting messages, and ends with the summary', () => {
    const text = played({}, 100);
    expect(text).toContain('0 of 64 trials');
    expect(text).toContain('worker cpu/1 quarantined');
    expect(text.trimEnd().endsWith('--resume')).toBe(true);
  });

  test('has no colours with NO_COLOR', () => {
    const colour = /\u001B\[(?:1|2|31|32)m/; // eslint-disable-line no-control-regex -- what colours are
    expect(colour.test(played({}, 100))).toBe(true);
    expect(colour.test(played({ NO_COLOR: '1' }, 100))).toBe(false);
  });
});

function screen(
  isTTY: boolean,
  width = 80,
): { stream: Screen & { isTTY: boolean }; text: () => string } {
  const parts: string[] = [];
  const stream = Object.assign(
    new Writable({
      write: (chunk: Buffer, _, done) => {
        parts.push(chunk.toString());
        done();
      },
    }),
    { isTTY, columns: width, rows: 24 },
  );
  return { stream, text: () => parts.join('') };
}
