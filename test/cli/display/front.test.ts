/** Tests the displays of a run with several objectives. */
import { describe, expect, test } from 'vitest';
import { JsonDisplay } from '../../../src/cli/display/json.ts';
import { LinesDisplay, eventLine } from '../../../src/cli/display/lines.ts';
import { liveView, plain } from '../../../src/cli/display/live-view.ts';
import type { RunEvent, RunStart, RunSummary } from '../../../src/cli/display/run-display.ts';
import { RunProgress } from '../../../src/cli/display/run-progress.ts';
import { summary } from '../../../src/cli/display/summary.ts';
import { runEventOf } from '../../../src/cli/run/run-events.ts';
import type { Change } from '../../../src/core/scheduling/index.ts';
import type { Listed } from '../../../src/core/study/objectives.ts';
import type { ScoreKind } from '../../../src/core/study/score.ts';
import { runOutput } from '../../../src/protocol/run-output.ts';

const kind: ScoreKind = { metric: 'accuracy', split: 'validation' };
const listed = {
  objectives: [
    { metric: 'accuracy', direction: 'maximize' },
    { metric: 'seconds', direction: 'minimize' },
  ],
  constraints: { weights: { 'at most': 100 } },
} as const satisfies Listed;
const run: RunStart = {
  study: 'two',
  resumed: false,
  trials: 8,
  workers: 1,
  direction: 'maximize',
  parameterNames: ['lr'],
  notes: [],
  lab: '/tmp/two.db',
  objectives: listed.objectives,
};
const origin = { operator: 'uniform', parents: [], generation: 0 };

/** A trial that has ended with these values, and this many weights. */
function ended(number: number, values: readonly number[], weights: number, joins: boolean): Change {
  return {
    kind: 'trialEnded',
    number,
    state: 'complete',
    outcome: 'succeeded',
    value: values[0]!,
    figures: { values, excesses: [weights - 100] },
    finishSeq: number,
    params: [],
    origin,
    attempt: { study: 's', number, attemptNumber: 1 },
    slot: 'local/cpu/0',
    result: { ms: 500, metrics: {} },
    isBest: joins,
  } as unknown as Change;
}

const changes = [
  ended(0, [0.9, 3], 90, true),
  ended(1, [0.95, 2], 90, true),
  ended(2, [0.8, 1], 90, true),
  ended(3, [0.99, 0.5], 120, false),
  ended(4, [0.7, 5], 90, false),
];
const events: RunEvent[] = changes.map((change) => runEventOf(change, [], listed)!);

const end: RunSummary = {
  study: 'two',
  state: 'finished',
  reason: 'trials',
  complete: 5,
  pruned: 0,
  failed: 0,
  settled: null,
  lostAttempts: 0,
  elapsedMs: 3500,
  energy: null,
  executors: [],
  best: [],
  generations: null,
  written: { lab: '/tmp/two.db', bestConfigs: null },
  resumeCommand: null,
};

/** A front of so many trials. */
function front(size: number): RunSummary['best'] {
  return Array.from({ length: size }, (_, trial) => {
    const values = { accuracy: 0.9 - trial / 100, seconds: 100 - trial };
    return { trial, value: values.accuracy, values, params: { lr: 0.1 }, attempt: 1, origin };
  });
}

describe('Display: several objectives', () => {
  test('prints all values of a trial, whether it joins the front, and a violated bound', () => {
    expect(events.map((event) => eventLine(event, kind)?.replace('  0.5 s', ''))).toEqual([
      'trial 0  accuracy 90.00 %, seconds 3.000    joins the front',
      'trial 1  accuracy 95.00 %, seconds 2.000    joins the front',
      'trial 2  accuracy 80.00 %, seconds 1.000    joins the front',
      'trial 3  accuracy 99.00 %, seconds 0.5000, violates a bound  ',
      'trial 4  accuracy 70.00 %, seconds 5.000  ',
    ]);
  });

  test('shows the size of the front and the best of each objective on it', () => {
    const lines: string[] = [];
    const display = new LinesDisplay((line) => lines.push(line), kind);
    display.start(run);
    display.tick(0);
    for (const event of events) display.event(event);
    display.tick(10_000);
    expect(lines.at(-1)).toMatch(
      /^5 of 8 trials · front of 2 trials, best accuracy 95\.00 %, seconds 1\.000 · /,
    );
  });

  test('shows the front in the live view, and says while it is empty', () => {
    const progress = new RunProgress(run);
    const second = (): string =>
      liveView(progress, { width: 80, height: 24, kind, paint: plain })[1]!;
    expect(second()).toBe('front – (no trial has finished yet)');
    progress.event(events[3]!);
    expect(second()).toBe('front – (no trial satisfies every bound yet)');
    progress.event(events[2]!);
    expect(second()).toBe('front of 1 trial, best accuracy 80.00 %, seconds 1.000');
  });

  test('starts from the front of the trials before a resumed run', () => {
    const known = [{ trial: 1, values: { accuracy: 0.97, seconds: 2 } }];
    const progress = new RunProgress({ ...run, resumed: true, front: known });
    progress.event(events[2]!);
    expect([progress.front?.size, progress.front?.best]).toEqual([
      2,
      { accuracy: 0.97, seconds: 1 },
    ]);
  });

  test('writes values and front in JSON lines that follow the published schema', () => {
    const lines: string[] = [];
    const display = new JsonDisplay(
      (line) => lines.push(line),
      () => new Date(0),
      kind,
    );
    display.start(run);
    display.tick(0);
    for (const event of events) display.event(event);
    display.tick(1_000);
    display.finish({ ...end, best: front(2) });
    const parsed = lines.map((line) => runOutput.parse(JSON.parse(line)));
    expect(parsed[1]).toMatchObject({
      values: { accuracy: 0.9, seconds: 3 },
      joinsFront: true,
      isBest: false,
    });
    expect(parsed[4]).toMatchObject({
      violates: ['weights 120, not at most 100'],
      joinsFront: false,
    });
    expect(parsed.at(-2)).toMatchObject({
      best: null,
      front: { trials: 2, best: { accuracy: 0.95, seconds: 1 } },
    });
    expect(parsed.at(-1)).toMatchObject({ best: [{ trial: 0 }, { trial: 1 }] });
  });

  test('lists a short front whole at the end', () => {
    expect(summary(run, { ...end, best: front(2) }, { width: 80, kind }).slice(2, 6)).toEqual([
      'The Pareto front: 2 trials',
      'rank  trial  accuracy  seconds   lr',
      '   1      0   90.00 %    100.0  0.1',
      '   2      1   89.00 %    99.00  0.1',
    ]);
  });

  test('lists twelve trials of a long front, its ends among them, and says how to see all', () => {
    const lines = summary(run, { ...end, best: front(40) }, { width: 80, kind });
    expect(lines[2]).toBe('The Pareto front: 40 trials, of which 12 are listed');
    const ranks = lines.slice(4, 16).map((line) => Number(line.slice(0, 4)));
    expect(ranks).toEqual([1, 5, 8, 12, 15, 19, 22, 26, 29, 33, 36, 40]);
    expect(lines[16]).toBe('For all of them: galapagos best two --lab /tmp/two.db');
  });
});
