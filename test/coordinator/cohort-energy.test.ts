/** Allotment of a card's energy to the trials of a cohort. */
import { describe, expect, it } from 'vitest';
import type { EnergyBetween } from '../../src/coordinator/cohort-energy.ts';
import type { AttemptResult } from '../../src/core/scheduling/index.ts';
import type { CohortMessage } from '../../src/protocol/worker-messages.ts';
import { CoordinatorWorld, limits, spec, until } from '../support/coordinator-world.ts';

const GPU = { slot: 'local/gpu/0/0', incarnation: '1.1' };
const LANES = 4;

/** A cohort of four trials on a card, whose energy the function answers. */
async function cohortOn(
  peer: typeof GPU,
  energyBetween: EnergyBetween | undefined,
): Promise<{ world: CoordinatorWorld; cohort: CohortMessage }> {
  const world = new CoordinatorWorld(undefined, peer);
  await world.open(energyBetween === undefined ? {} : { energyBetween });
  world.coordinator.createStudy('uid', spec, { ...limits, trials: LANES });
  world.hello(1, { device: peer.slot.replace(/^local\/(.*)\/0$/, '$1'), lanes: LANES });
  const cohort = await world.cohort();
  expect(cohort.lanes).toHaveLength(LANES);
  return { world, cohort };
}

/** Ends a lane after some time and returns the metrics that were kept with its trial. */
async function end(
  world: CoordinatorWorld,
  cohort: CohortMessage,
  lane: number,
  ms: number,
  result: Omit<AttemptResult, 'ms'> = { outcome: 'succeeded', value: 0.5 },
): Promise<AttemptResult['metrics']> {
  const attempt = cohort.lanes[lane]!.attempt;
  world.worker.sendResult({
    type: 'result',
    session: cohort.session,
    ...world.peer,
    attempt,
    result: { ...result, ms },
  });
  const ended = () =>
    world.shown.find((change) => change.kind === 'trialEnded' && change.number === attempt.number);
  await until(() => ended() !== undefined);
  const change = ended();
  return change?.kind === 'trialEnded' ? change.result?.metrics : undefined;
}

/** A card that draws 100 W all the time. */
const steady: EnergyBetween = (device, from, to) =>
  device === 'gpu/0' ? (100 * (to - from)) / 1000 : null;

describe('Cohort energy', () => {
  it('divides the energy of a cohort whose trials end together among its lanes', async () => {
    const { world, cohort } = await cohortOn(GPU, steady);
    for (let lane = 0; lane < LANES; lane += 1)
      expect((await end(world, cohort, lane, 8000))?.['energy']).toBeCloseTo(200);
    await world.coordinator.close();
  });

  it('charges a trial that outlasts others the energy that they no longer share', async () => {
    const { world, cohort } = await cohortOn(GPU, steady);
    const energies = [];
    for (const [lane, ms] of [1000, 1000, 3000, 4000].entries())
      energies.push((await end(world, cohort, lane, ms))?.['energy']);
    // 1 s of four lanes, 2 s of two, 1 s of one.
    const expected = [25, 25, 125, 225];
    for (const [lane, energy] of energies.entries())
      expect(energy).toBeCloseTo(expected[lane] ?? NaN);
    expect(expected.reduce((sum, each) => sum + each)).toBe(400);
    await world.coordinator.close();
  });

  it('asks for the energy of the time that the cohort ran by its worker’s clock', async () => {
    const asked: (readonly [string, number])[] = [];
    const { world, cohort } = await cohortOn(GPU, (device, from, to) => {
      asked.push([device, to - from]);
      return 1;
    });
    await end(world, cohort, 0, 1500);
    await end(world, cohort, 1, 2000);
    expect(asked).toEqual([
      ['gpu/0', 1500],
      ['gpu/0', 500],
    ]);
    await world.coordinator.close();
  });

  it('leaves the energy out where power is unknown in any part of the time', async () => {
    let known = false;
    const { world, cohort } = await cohortOn(GPU, (device, from, to) =>
      known ? steady(device, from, to) : null,
    );
    expect(await end(world, cohort, 0, 1000)).toBeUndefined();
    known = true;
    const metrics = { accuracy: 0.9 };
    expect(
      await end(world, cohort, 1, 2000, { outcome: 'succeeded', value: 0.9, metrics }),
    ).toEqual(metrics);
    await world.coordinator.close();
  });

  it('leaves the energy out of trials on the processor, and without a meter', async () => {
    const cpu = await cohortOn({ slot: 'local/cpu/0', incarnation: '1.1' }, steady);
    expect(await end(cpu.world, cpu.cohort, 0, 1000)).toBeUndefined();
    await cpu.world.coordinator.close();
    const unmetered = await cohortOn(GPU, undefined);
    expect(await end(unmetered.world, unmetered.cohort, 0, 1000)).toBeUndefined();
    await unmetered.world.coordinator.close();
  });

  it('keeps an energy that the objective reports itself', async () => {
    const { world, cohort } = await cohortOn(GPU, steady);
    const metrics = { energy: 3 };
    expect(
      await end(world, cohort, 0, 1000, { outcome: 'succeeded', value: 0.9, metrics }),
    ).toEqual(metrics);
    await world.coordinator.close();
  });

  it('charges a diverged and a pruned trial as well', async () => {
    const { world, cohort } = await cohortOn(GPU, steady);
    const metrics = { loss: 'NaN' };
    expect(await end(world, cohort, 0, 4000, { outcome: 'diverged', metrics })).toEqual({
      ...metrics,
      energy: 100,
    });
    expect((await end(world, cohort, 1, 4000, { outcome: 'pruned' }))?.['energy']).toBe(100);
    await world.coordinator.close();
  });
});
