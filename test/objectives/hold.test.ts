import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AttemptResult } from '../../src/core/scheduling/index.ts';
import { objectiveKindNames } from '../../src/objectives/registry.ts';
import { cpuDevice } from '../../src/runtime/cpu-device.ts';
import { Gate } from '../../src/runtime/gate.ts';
import { createRunner } from '../../src/worker/attempt.ts';
import { importPoints } from '../support/points-dataset.ts';
import { pointsObjective } from '../support/points-study.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { study } from '../support/worker-message-examples.ts';

const folder = temporaryFolder();
const resources = new URL('../../resources', import.meta.url).pathname;
const NEVER = new AbortController().signal;

/** A gate that closes when training reports its first progress, and tells when work waits at it. */
class ClosingGate extends Gate {
  #atGate: () => void = () => undefined;
  readonly waiting = new Promise<void>((resolve) => (this.#atGate = resolve));

  override opened(signals?: readonly AbortSignal[]): Promise<void> {
    if (!this.isOpen) this.#atGate();
    return super.opened(signals);
  }
}

function training(gate: Gate, signals: readonly AbortSignal[], onProgress: () => void) {
  const userFolder = folder.path;
  const run = createRunner({
    slot: 'local/cpu/0',
    device: cpuDevice(),
    resources,
    userFolder,
    gate,
  });
  const { type, session, seed, parameters } = study;
  const objective = {
    ...pointsObjective(20),
    metric: 'accuracy',
    selectOn: 'validation',
    executor: 'wasm',
  };
  const lanes = signals.map((signal, number) => ({
    attempt: { study: study.study, number, attemptNumber: 1 },
    params: { rate: 0.1 },
    signal,
  }));
  const listener = { progress: onProgress, report: () => undefined, ended: () => undefined };
  const about = { type, session, study: study.study, seed, parameters };
  return run({ ...about, objective }, lanes, listener);
}

const values = (results: readonly AttemptResult[]) =>
  results.map(({ outcome, value, metrics }) => [outcome, value, metrics?.['checksum']]);

beforeAll(() => importPoints(folder));
afterAll(() => folder.remove());
afterEach(() => {
  vi.useRealTimers();
});

describe('Objectives: held workers', () => {
  it('has tests here for each kind of objective, and elsewhere for commands', () => {
    // test/objectives/command/attempt.test.ts
    expect([...objectiveKindNames()].sort()).toEqual(['command', 'synthetic', 'train']);
  });

  it('train: waits between two batches while held, and ends with the same weights', async () => {
    const unheld = await training(new Gate(), [NEVER], () => undefined);
    const gate = new ClosingGate();
    let progress = 0;
    const ended = training(gate, [NEVER], () => {
      progress += 1;
      if (progress === 1) gate.close();
    });
    await Promise.race([gate.waiting, ended]);
    for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
    const during = [progress, gate.isOpen];
    gate.open();
    const held = await ended;
    expect(values(held)).toEqual(values(unheld));
    expect(unheld).toMatchObject([{ outcome: 'succeeded' }]);
    expect(during).toEqual([1, false]);
    expect(progress).toBeGreaterThan(1);
  });

  it('train: ends a lane that is cancelled while held, and the other when it goes on', async () => {
    const gate = new ClosingGate();
    const stop = new AbortController();
    const ended = training(gate, [stop.signal, NEVER], () => gate.close());
    await Promise.race([gate.waiting, ended]);
    stop.abort('cancelled');
    for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
    vi.spyOn(gate, 'close').mockImplementation(() => undefined);
    gate.open();
    expect((await ended).map(({ outcome }) => outcome)).toEqual(['cancelled', 'succeeded']);
  });

  it('train: ends at once when every lane is cancelled while held', async () => {
    const gate = new ClosingGate();
    const stop = new AbortController();
    const ended = training(gate, [stop.signal], () => gate.close());
    await Promise.race([gate.waiting, ended]);
    stop.abort('cancelled');
    expect((await ended).map(({ outcome }) => outcome)).toEqual(['cancelled']);
    expect(gate.isOpen).toBe(false);
  });

  const evaluating = (gate: Gate, signal: AbortSignal): Promise<readonly AttemptResult[]> =>
    createRunner({
      slot: 'local/cpu/0',
      device: cpuDevice(),
      resources,
      userFolder: folder.path,
      gate,
    })(
      { ...study, objective: { kind: 'synthetic', function: 'sphere', durationMs: 1_000 } },
      [
        {
          attempt: { study: study.study, number: 0, attemptNumber: 1 },
          params: { x: 2 },
          signal,
        },
      ],
      { progress: () => undefined, report: () => undefined, ended: () => undefined },
    );

  it('synthetic: its duration elapses only while it is not held, and is all that counts', async () => {
    vi.useFakeTimers();
    const gate = new Gate();
    let results: readonly AttemptResult[] | null = null;
    void evaluating(gate, NEVER).then((ended) => (results = ended));
    await vi.advanceTimersByTimeAsync(300);
    gate.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(results).toBeNull();
    gate.open();
    await vi.advanceTimersByTimeAsync(700);
    expect(results).toMatchObject([{ outcome: 'succeeded', value: 4, ms: 1_000 }]);
  });

  it('synthetic: ends when it is cancelled while held', async () => {
    vi.useFakeTimers();
    const gate = new Gate();
    const stop = new AbortController();
    const ended = evaluating(gate, stop.signal);
    gate.close();
    await vi.advanceTimersByTimeAsync(500);
    stop.abort('cancelled');
    expect(await ended).toMatchObject([{ outcome: 'cancelled' }]);
  });
});
