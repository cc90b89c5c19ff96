/** Tests how the random walks count the cohorts of a worker. */
import { describe, expect, it } from 'vitest';
import { at } from '../../src/core/at.ts';
import { checkWorld } from '../support/adversarial-checks.ts';
import { AdversarialWorld } from '../support/adversarial-world.ts';
import type { Process } from '../support/adversarial-world.ts';

/** A study of six trials, whose first worker has the tasks of two cohorts on their way. */
function twoOnTheirWay(): { readonly world: AdversarialWorld; readonly process: Process } {
  const world = new AdversarialWorld({
    sampler: { synchronous: false, generation: 0 },
    trials: 6,
    faults: {},
  });
  world.boot();
  const side = at(world.sides, 0);
  world.start(side, '1.1');
  const process = at(side.processes, 0);
  world.take(process.worker.hello());
  settle(world, process);
  expect(process.tasks).toHaveLength(2);
  return { world, process };
}

/** Commits, delivers what waits for it and answers asks until nothing is left. */
function settle(world: AdversarialWorld, process: Process): void {
  const { control } = process;
  while (world.writes.length + world.outbox.length + world.asks.length + control.length > 0) {
    world.commit();
    world.release();
    world.answer(true);
    if (control.length > 0) world.listen(at(world.sides, 0), process);
  }
}

describe('Random walks: cohorts of a worker', () => {
  it('do not count the repeated task of a cohort whose result was acknowledged', () => {
    const { world, process } = twoOnTheirWay();
    const { worker, tasks } = process;
    const first = at(tasks, 0);
    tasks.splice(0, 1);
    worker.take(first);
    tasks.unshift(first);
    world.take(worker.finish(at(worker.holding, 0), { outcome: 'succeeded', value: 1, ms: 1 }));
    settle(world, process);
    expect(worker.holding).toEqual([]);
    expect(tasks.map(({ taskSeq }) => taskSeq)).toEqual([1, 2, 3]);
    expect(() => {
      checkWorld(world);
    }).not.toThrow();
    worker.take(first);
    expect(worker.holding).toEqual([]);
  });

  it('report a third cohort on its way', () => {
    const { world, process } = twoOnTheirWay();
    const last = at(process.tasks, 1);
    process.tasks.push({ ...last, cohort: 'third', taskSeq: last.taskSeq + 1 });
    expect(() => {
      checkWorld(world);
    }).toThrow('far/cpu/0 holds 3 cohorts');
  });
});
