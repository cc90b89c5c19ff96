/**
 * Programs that share a card, on a simulated one: an `nvidia-smi` on PATH tells the memory that the
 * programs say they use.
 */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommandPlace, shell } from '../../support/command-attempt.ts';
import type { Evaluating } from '../../support/command-attempt.ts';
import { FakeCard, cardProgram } from '../../support/fake-card.ts';
import { skipIf } from '../../support/platform.ts';

const TOTAL_MIB = 10_000;
const VALUE = { result: { stdout: 'value=(.*)' } };
const unfit = process.platform === 'linux' ? null : 'process groups are read from /proc';

let place: CommandPlace;
let card: FakeCard;
beforeEach((context) => {
  skipIf(unfit, context);
  place = new CommandPlace({ device: 'gpu', cardTimes: { pollMs: 5, waitMs: 200 } });
  card = new FakeCard(join(place.userFolder, '..', 'card'), TOTAL_MIB);
});
afterEach(() => {
  card.restore();
  place.remove();
});

/** Starts a program that uses so much memory, until the test lets it end. */
function start(
  trial: number,
  mib: number | string,
  { gpus = 'shared', attempt = 1 }: { gpus?: 'shared' | 1; attempt?: number } = {},
): Evaluating {
  const command = shell(cardProgram(String(mib)));
  const about = { command, env: card.env, resources: { gpus }, ...VALUE };
  return place.start(about, {}, trial, attempt);
}

const running = (...trials: number[]) =>
  vi.waitFor(() => expect(card.running()).toEqual(trials), { timeout: 30_000, interval: 5 });

/** Waits for two readings that begin from now on; one may be under way. */
async function read(): Promise<void> {
  const { readings } = card;
  await vi.waitFor(() => expect(card.readings).toBeGreaterThan(readings + 2), {
    timeout: 30_000,
    interval: 5,
  });
}

/** Waits until the peak of running programs was read. */
async function measured(trial: number, mib: number): Promise<Evaluating> {
  const started = start(trial, mib);
  await running(trial);
  await read();
  await card.finish(trial);
  return started;
}

describe('Shared cards: packing', () => {
  it('runs the first trials alone, reports their peak, then as many as fit with a margin', async () => {
    const first = start(0, 2_000);
    const second = start(1, 2_900);
    await running(0);
    await read();
    await card.finish(0);
    expect(await first.ended).toMatchObject({ outcome: 'succeeded', lanesWanted: 1 });
    await running(1);
    await read();
    await card.finish(1);
    // (10,000 − 100) / (2,900 × 1.1) = 3.1
    const { metrics, ...result } = await second.ended;
    expect(result).toMatchObject({ outcome: 'succeeded', lanesWanted: 3 });
    expect(metrics?.['gpuMemoryGb']).toBeCloseTo(2_900 * 1.048576e-3, 6);
  });

  it('starts the next one only when its memory is left, the rising ones counted in full', async () => {
    await (
      await measured(0, 3_000)
    ).ended;
    await (
      await measured(1, 3_000)
    ).ended;
    const trials = [2, 3, 4, 5].map((trial) => start(trial, 3_000));
    await running(2, 3, 4);
    await read();
    expect(card.running()).toEqual([2, 3, 4]);
    await card.finish(3);
    await running(2, 4, 5);
    for (const trial of [2, 4, 5]) await card.finish(trial);
    for (const { ended } of trials) expect(await ended).toMatchObject({ outcome: 'succeeded' });
  });

  it('leaves the memory that a process of others holds', async () => {
    card.hold(1, 6_000);
    await (
      await measured(0, 1_500)
    ).ended;
    expect(await (await measured(1, 1_500)).ended).toMatchObject({ lanesWanted: 2 });
    card.release(1);
    expect(await (await measured(2, 1_500)).ended).toMatchObject({ lanesWanted: 5 });
  });

  it('runs one at a time where the memory cannot be read', async () => {
    process.env['CUDA_VISIBLE_DEVICES'] = 'GPU-99999999';
    const first = start(0, 1_000);
    const second = start(1, 1_000);
    await running(0);
    await card.finish(0);
    expect(await first.ended).toMatchObject({ outcome: 'succeeded', lanesWanted: 1 });
    await running(1);
    await card.finish(1);
    expect(await second.ended).toMatchObject({ lanesWanted: 1 });
  });
});

describe('Shared cards: out of memory', () => {
  it('is free of charge beside others, repeated alone, and fewer run side by side from then on', async () => {
    await (
      await measured(0, 3_000)
    ).ended;
    await (
      await measured(1, 3_000)
    ).ended;
    const [second, third] = [start(2, 3_000), start(3, 3_000)];
    await running(2, 3);
    // More than the others needed: two of them leave 3,900.
    const large = start(4, 5_000);
    expect(await large.ended).toMatchObject({
      outcome: 'outOfMemory',
      byNeighbour: true,
      error: expect.stringMatching(/OutOfMemoryError: CUDA out of memory/) as string,
    });
    const again = start(4, 5_000, { attempt: 2 });
    await read();
    expect(card.running()).toEqual([2, 3]);
    for (const trial of [2, 3]) await card.finish(trial);
    await Promise.all([second.ended, third.ended]);
    await running(4);
    await read();
    await card.finish(4);
    expect(await again.ended).toMatchObject({ outcome: 'succeeded', lanesWanted: 1 });
  });

  it('counts against the trial where the program was alone', async () => {
    const result = await start(0, TOTAL_MIB).ended;
    expect(result).toMatchObject({ outcome: 'outOfMemory' });
    expect(result).not.toHaveProperty('byNeighbour');
  });
});

describe('Shared cards: memory that is not free', () => {
  it('is waited for, and the attempt then names the process of others that holds it', async () => {
    await (
      await measured(0, 4_000)
    ).ended;
    await (
      await measured(1, 4_000)
    ).ended;
    card.hold(1, 9_000);
    expect(await start(2, 4_000).ended).toEqual({
      outcome: 'outOfMemory',
      byNeighbour: true,
      device: 'gpu/0',
      ms: expect.any(Number) as number,
      error:
        'gpu/0 (simulated card) has 0.9 GB of 10.5 GB free; a trial needs 4.6 GB: process 1 (python) holds 9.4 GB',
    });
    card.release(1);
    expect(await (await measured(3, 4_000)).ended).toMatchObject({ outcome: 'succeeded' });
  });

  it('is waited for after a program that does not give it back, also with a card for each trial', async () => {
    const first = start(0, 4_000, { gpus: 1 });
    await running(0);
    await read();
    card.hide(3_000);
    await card.finish(0);
    expect(await first.ended).toMatchObject({ outcome: 'succeeded' });
    const second = start(1, 4_000, { gpus: 1 });
    await read();
    expect(card.running()).toEqual([]);
    card.unhide();
    await running(1);
    await card.finish(1);
    expect(await second.ended).toMatchObject({ outcome: 'succeeded' });
  });

  it('does not keep an attempt that is stopped', async () => {
    const first = start(0, 4_000);
    await running(0);
    const second = start(1, 4_000);
    second.stop.abort('cancelled');
    expect(await second.ended).toMatchObject({ outcome: 'cancelled' });
    first.stop.abort('cancelled');
    expect(await first.ended).toMatchObject({ outcome: 'cancelled' });
  });
});
