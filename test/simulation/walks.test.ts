/**
 * Walks adversarial worlds at random: every rule of the scheduler holds after every step, nothing
 * durable is lost or done twice, and once the faults end the study finishes, with the list of
 * trials that an undisturbed study has. In full it takes more than 30 s of CPU time, because rare
 * orders of events appear only in many walks.
 */
import { describe, expect, it } from 'vitest';
import { walk } from '../support/adversarial-walk.ts';
import { worlds } from '../support/adversarial-worlds.ts';
import { size } from '../support/effort.ts';

/** Number of walks in each world; a bug found by a walk gets a test of its own. */
const WALKS = size(30, 250);

describe('Random walks', () => {
  for (const [name, options] of Object.entries(worlds)) {
    it(`lose nothing and do nothing twice (walks: ${WALKS}, world: ${name})`, () => {
      let steps = 0;
      for (let seed = 0; seed < WALKS; seed++) steps += walk(options, seed);
      expect(steps).toBeGreaterThan(WALKS * 20);
    });
  }
});
