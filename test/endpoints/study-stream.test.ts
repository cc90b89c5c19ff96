/**
 * Tests that a window's copy of a study equals the application's, for any order of changes and any
 * rate at which it receives.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, EndedState } from '../../src/core/scheduling/index.ts';
import {
  ProjectionReading,
  MOST_ROWS,
} from '../../src/endpoints/projections/projection-reading.ts';
import { StudyProjection } from '../../src/endpoints/projections/study-projection.ts';
import type { RowState } from '../../src/protocol/window/codes.ts';
import type { StudyBody } from '../../src/protocol/window/study-stream.ts';
import { RowBlocks } from '../../src/storage/row-block.ts';
import type { ReadBlock } from '../../src/storage/row-block.ts';
import { rowsOf, StudyClient } from '../support/window-client.ts';

const TRIALS = 6;
const SLOTS = ['local/cpu/0', 'local/cpu/1'];

const WIDTHS = { parameters: 1, objectives: 0 };

interface Trial {
  state: RowState;
  attemptNumber: number;
  value: number;
  reports: number[];
  finish: number | null;
}

/** A study as it truly goes on, and what its changes say of it. */
class World {
  readonly projection = new StudyProjection(WIDTHS);
  readonly trials = new Map<number, Trial>();
  #ended = 0;
  /** Rows that were read from the file and are not merged yet. */
  #read: ReadBlock[] = [];
  #wasRead = false;
  /** Nothing is heard of what happens before. */
  #watched = false;

  watch(): void {
    this.#watched = true;
  }

  start(number: number): void {
    const trial = this.trials.get(number) ?? {
      state: 'waiting',
      attemptNumber: 0,
      value: NaN,
      reports: [],
      finish: null,
    };
    if (trial.state !== 'waiting' && trial.state !== 'paused') return;
    this.trials.set(number, trial);
    Object.assign(trial, {
      state: 'running',
      attemptNumber: trial.attemptNumber + 1,
      value: NaN,
    });
    const slot = SLOTS[number % 2] ?? '';
    this.#hear({
      kind: 'trialStarted',
      attempt: id(number, trial.attemptNumber),
      slot,
      params: paramsOf(number),
      origin: originOf(number),
    });
  }

  report(number: number, value: number): void {
    const trial = this.trials.get(number);
    if (trial?.state !== 'running') return;
    trial.reports.push(value);
    trial.value = value;
    const report = { step: trial.reports.length - 1, value };
    this.#hear({
      kind: 'trialReported',
      attempt: id(number, trial.attemptNumber),
      slot: SLOTS[number % 2] ?? '',
      report,
    });
  }

  /** The attempt is lost, or reaches a rung. */
  back(number: number, outcome: 'lost' | 'paused'): void {
    const trial = this.trials.get(number);
    if (trial?.state !== 'running') return;
    if (outcome === 'paused') Object.assign(trial, { state: 'paused', value: NaN });
    else Object.assign(trial, { state: 'waiting', reports: [], value: NaN });
    this.#hear({
      kind: 'trialBack',
      attempt: id(number, trial.attemptNumber),
      outcome,
      slot: SLOTS[number % 2] ?? '',
      detail: null,
      kept: trial.reports.map((value, step) => ({ step, value })),
    });
  }

  end(number: number, value: number, state: EndedState): void {
    const trial = this.trials.get(number);
    if (trial?.state !== 'running') return;
    Object.assign(trial, { state, value: state === 'failed' ? NaN : value, finish: this.#ended++ });
    this.#hear({
      kind: 'trialEnded',
      number,
      state,
      outcome: state === 'failed' ? 'crashed' : 'succeeded',
      value,
      finishSeq: trial.finish ?? 0,
      params: paramsOf(number),
      origin: originOf(number),
      attempt: id(number, trial.attemptNumber),
      slot: SLOTS[number % 2] ?? '',
      result: { outcome: 'succeeded', value, ms: 3, executor: `executor ${number % 3}` },
      isBest: false,
    });
  }

  /** The current content of the file, read once and merged later. */
  read(): void {
    if (!this.#watched || this.#wasRead) return;
    this.#wasRead = true;
    const blocks = new RowBlocks(WIDTHS);
    const rows = [...this.trials].map(([number, trial]) => ({
      number,
      state: trial.state,
      outcome:
        trial.finish === null
          ? null
          : trial.state === 'failed'
            ? ('crashed' as const)
            : ('succeeded' as const),
      value: trial.value,
      parents: originOf(number).parents,
      operator: originOf(number).operator,
      finish: trial.finish,
      started: 1,
      ended: trial.finish === null ? NaN : 2,
      took: trial.finish === null ? NaN : 3,
      slot: SLOTS[number % 2] ?? null,
      reports: trial.reports.length,
      params: paramsOf(number),
      figures: [],
    }));
    const block = blocks.block(rows);
    block.generation.set(rows.map(({ number }) => number % 5));
    block.attempts.set([...this.trials.values()].map(({ attemptNumber }) => attemptNumber));
    this.#read.push({ block, names: blocks.names });
  }

  merge(): void {
    const read = this.#read.shift();
    if (read !== undefined) this.projection.merge(read.block, read.names, read.block.number.length);
  }

  /** All of the file is read and merged. */
  settle(): void {
    this.watch();
    this.read();
    while (this.#read.length > 0) this.merge();
    this.projection.allMerged();
  }

  #hear(change: Change): void {
    if (this.#watched) this.projection.observe(change, 1_000, 0);
  }
}

const id = (
  number: number,
  attemptNumber: number,
): { study: string; number: number; attemptNumber: number } => ({
  study: 's',
  number,
  attemptNumber,
});
const paramsOf = (number: number): Float64Array => Float64Array.of(number / 7);
const originOf = (number: number): { operator: string; parents: number[]; generation: number } => ({
  operator: number % 2 === 0 ? 'uniform' : 'mutation',
  parents: number > 4 ? [number - 3] : [],
  generation: number % 5,
});

/** A window that receives messages on request. */
class Window {
  readonly client = new StudyClient();
  readonly #reading: ProjectionReading;
  #snapshot = true;

  constructor(projection: StudyProjection) {
    this.#reading = new ProjectionReading(
      projection,
      () => undefined,
      () => undefined,
    );
  }

  /** @returns whether there is more */
  take(): boolean {
    const body: StudyBody = {};
    const more = this.#reading.takeInto(body);
    this.client.merge(this.#snapshot, body);
    this.#snapshot = false;
    return more;
  }

  /** A gap was seen. */
  restart(): void {
    this.#reading.restart();
    this.#snapshot = true;
  }
}

const trial = fc.nat(TRIALS - 1);
const value = fc.double({ min: -5, max: 5, noNaN: true });
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('start' as const), trial }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('report' as const), trial, value }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('lost' as const, 'paused' as const), trial }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      trial,
      value,
      state: fc.constantFrom<EndedState>('complete', 'failed', 'pruned'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('read' as const, 'lay' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('take' as const, 'restart' as const),
      window: fc.nat(1),
    }),
  },
);
type Happening = typeof happening extends fc.Arbitrary<infer H> ? H : never;

function happen(world: World, windows: readonly Window[], what: Happening): void {
  switch (what.do) {
    case 'start': {
      world.start(what.trial);
      return;
    }
    case 'report': {
      world.report(what.trial, what.value);
      return;
    }
    case 'lost':
    case 'paused': {
      world.back(what.trial, what.do);
      return;
    }
    case 'end': {
      world.end(what.trial, what.value, what.state);
      return;
    }
    case 'read': {
      world.read();
      return;
    }
    case 'lay': {
      world.merge();
      return;
    }
    case 'take':
      windows[what.window]?.take();
      return;
    case 'restart':
      return windows[what.window]?.restart();
    default:
      return what satisfies never;
  }
}

describe('Study stream: several windows', () => {
  it('have the same state as the application, which is the actual history', () => {
    fc.assert(
      fc.property(
        fc.array(happening, { maxLength: 40 }),
        fc.array(happening, { maxLength: 120 }),
        (before, after) => {
          const world = new World();
          for (const what of before) happen(world, [], what);
          world.watch();
          const windows = [new Window(world.projection), new Window(world.projection)];
          for (const what of after) happen(world, windows, what);
          world.settle();
          const { rows, curves } = world.projection;
          const all = Array.from({ length: rows.size }, (_, number) => number).filter(
            (number) => rows.state(number) !== null,
          );
          const held = rowsOf(rows.block(all));
          for (const window of windows) {
            while (window.take());
            expect([...window.client.rows.values()].sort((a, b) => a.number - b.number)).toEqual(
              held,
            );
            for (const [number, { steps, values }] of curves.trials) {
              expect(
                [...(window.client.curves.get(number) ?? [])].sort(([a], [b]) => a - b),
              ).toEqual(steps.map((step, i) => [step, values[i]]));
            }
          }
          expect(all).toEqual([...world.trials.keys()].sort((a, b) => a - b));
          for (const row of held) {
            const truth = world.trials.get(row.number);
            expect([rows.state(row.number), row.attempts, row.params[0]]).toEqual([
              truth?.state,
              truth?.attemptNumber,
              row.number / 7,
            ]);
            expect(row.finish).toBe(truth?.finish ?? 2 ** 32 - 1);
            if (truth?.state !== 'waiting' && truth?.state !== 'paused')
              expect(row.value).toEqual(truth?.value);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('keep the curve of a paused trial, and add the reports of its next attempt', () => {
    const world = new World();
    world.settle();
    const window = new Window(world.projection);
    const shown = (): unknown[] => {
      while (window.take());
      return [
        world.projection.rows.reports(0),
        window.client.rows.get(0)?.reports,
        [...(window.client.curves.get(0) ?? [])].map(([step]) => step),
      ];
    };
    world.start(0);
    for (const value of [3, 2, 1]) world.report(0, value);
    world.back(0, 'paused');
    expect(shown()).toEqual([3, 3, [0, 1, 2]]);
    world.start(0);
    expect(shown()).toEqual([3, 3, [0, 1, 2]]);
    world.report(0, 0.5);
    expect(shown()).toEqual([4, 4, [0, 1, 2, 3]]);
  });

  it("show a further attempt's curve instead of the lost one's", () => {
    const world = new World();
    world.watch();
    const window = new Window(world.projection);
    world.start(0);
    world.report(0, 1);
    window.take();
    world.back(0, 'lost');
    world.start(0);
    world.report(0, 2);
    window.take();
    expect([...(window.client.curves.get(0) ?? [])]).toEqual([[0, 2]]);
  });

  it('get no more than the current rows after 10,000 missed changes', () => {
    const world = new World();
    world.watch();
    const window = new Window(world.projection);
    window.take();
    for (let change = 0; change < 10_000; change++) {
      const number = change % TRIALS;
      if (world.trials.get(number)?.state !== 'running') world.start(number);
      else if (change % 97 === 0) world.back(number, 'lost');
      else world.report(number, change);
    }
    const messages = window.client.messages;
    while (window.take());
    expect(window.client.messages - messages).toBe(1);
    expect(window.client.rows.size).toBe(TRIALS);
  });

  it('get messages of bounded size, the newest trials first', () => {
    const projection = new StudyProjection(WIDTHS);
    const many = 3 * MOST_ROWS;
    for (let number = 0; number < many; number++) {
      projection.born(number, {
        params: paramsOf(number),
        origin: originOf(number),
        historyLength: 0,
      });
    }
    const window = new Window(projection);
    expect(window.take()).toBe(true);
    expect(window.client.rows.size).toBe(MOST_ROWS);
    expect(Math.min(...window.client.rows.keys())).toBe(many - MOST_ROWS);
    while (window.take());
    expect(window.client.rows.size).toBe(many);
    expect(window.client.messages).toBe(3);
  });

  it('learn that everything is loaded with the last message, not when the file has been read', () => {
    const projection = new StudyProjection(WIDTHS);
    const many = 2 * MOST_ROWS + 1;
    for (let number = 0; number < many; number++) {
      projection.born(number, {
        params: paramsOf(number),
        origin: originOf(number),
        historyLength: 0,
      });
    }
    projection.allMerged();
    const reading = new ProjectionReading(
      projection,
      () => undefined,
      () => undefined,
    );
    const loaded = [1, 2, 3].map(() => {
      const body: StudyBody = {};
      reading.takeInto(body);
      return body.loaded;
    });
    expect(loaded).toEqual([MOST_ROWS, 2 * MOST_ROWS, many]);
  });
});
