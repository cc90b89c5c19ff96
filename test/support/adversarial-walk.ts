/** Walks an adversarial world at random, then a fair one, in which the study must finish. */
import { PURPOSE, Stream } from '../../src/core/random.ts';
import { actionsOf } from './adversarial-actions.ts';
import { checkFinished, checkRecord, checkWorld } from './adversarial-checks.ts';
import { AdversarialWorld, Violation } from './adversarial-world.ts';
import type { WorldOptions } from './adversarial-world.ts';

const LENGTHS = [20, 60, 150, 400];
/** Steps within which a fair world must finish. */
const FAIR_STEPS = 3_000;

/**
 * @returns the number of actions
 * @throws Violation with the actions that led to it
 */
export function walk(options: WorldOptions, seed: number): number {
  const world = new AdversarialWorld(options);
  const draws = new Stream(seed, { purpose: PURPOSE.simulation, ordinal: 9 });
  const path: string[] = [];
  try {
    const length = LENGTHS[draws.below(LENGTHS.length)] ?? 20;
    for (let i = 0; i < length; i++) if (!happen(world, false, draws, path)) break;
    path.push('— fair from here on —');
    for (let i = 0; i < FAIR_STEPS && !isDone(world); i++) {
      if (!happen(world, true, draws, path)) throw new Violation('deadlock');
    }
    if (!isDone(world)) throw new Violation('stuck: a fair world does not finish the study');
    checkFinished(world);
    return path.length;
  } catch (error) {
    const tail = path.slice(-60).join('\n  ');
    throw new Violation(
      `walk ${seed}: ${error instanceof Error ? error.message : String(error)}\n  ${tail}`,
      { cause: error },
    );
  }
}

function happen(world: AdversarialWorld, fair: boolean, draws: Stream, path: string[]): boolean {
  const actions = actionsOf(world, fair);
  let left = draws.uniform() * actions.reduce((sum, { weight }) => sum + weight, 0);
  const action = actions.find(({ weight }) => (left -= weight) < 0);
  if (action === undefined) return false;
  path.push(action.name);
  action.act();
  checkWorld(world);
  if (action.name === 'commit') checkRecord(world);
  return true;
}

function isDone(world: AdversarialWorld): boolean {
  return (
    world.study?.state === 'finished' &&
    !world.interrupted &&
    world.writes.length === 0 &&
    world.outbox.length === 0
  );
}
