/**
 * Writes trials into a lab until it is killed. After each commit it prints the minimum that must be
 * in the file from then on, in one line: `epoch proposed finished`. Steps are grouped at random,
 * from a seed. Arguments: file, seed, milliseconds between commits (default 0), `plain` for a space
 * without conditions.
 */
import { writeSync } from 'node:fs';
import type { Write } from '../../src/core/scheduling/index.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import {
  UID,
  createStudy,
  endAttempt,
  plainPoint,
  plainSpec,
  point,
  propose,
  spec,
  start,
  succeed,
  trialsOf,
} from './lab-writes.ts';

const [, , file = '', seed = '1', paceMs = '0', space = 'conditional'] = process.argv;
const [of, pointOf] = space === 'plain' ? [plainSpec, plainPoint] : [spec, point];
const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));
const lab = openLab(file, { create: true });
if (lab.lab.studies.length === 0) lab.commit([[createStudy(UID, of)]]);
const trials = trialsOf(lab.lab, UID);

// On start, attempts that a kill left open are lost and their trials wait.
const lost = trials.flatMap(({ number, unsettled }) =>
  unsettled.map(({ attemptNumber }): Write[] => [
    endAttempt(number, attemptNumber, 'lost'),
    { op: 'trialBack', uid: UID, number, crashes: 0, deaths: 0, memoryFailures: 0, laneCap: 0 },
  ]),
);
if (lost.length > 0) lab.commit(lost);

const waiting = trials
  .filter(({ end }) => end === null)
  .map(({ number, attemptNumber }) => ({ number, attemptNumber }));
const running: { number: number; attemptNumber: number }[] = [];
let proposed = trials.length;
let finished = trials.filter(({ end }) => end !== null).length;
let random = Number(seed) >>> 0;
const draw = (below: number): number => {
  random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((random / 2 ** 32) * below);
};

const say = (): void => {
  // Writes to the pipe directly, so that a printed line is never lost in a buffer of the
  // process.
  writeSync(1, `${lab.epoch} ${proposed} ${finished}\n`);
};
say();
for (;;) {
  const steps: Write[][] = [];
  for (let i = draw(40); i >= 0; i--) {
    const done =
      running.length > 3 || draw(4) === 0 ? running.splice(draw(running.length), 1)[0] : undefined;
    if (done !== undefined) steps.push(endAll(done));
    if (waiting.length === 0) {
      steps.push([proposed, proposed + 1].map((number) => propose(number, UID, pointOf(number))));
      waiting.push(
        { number: proposed, attemptNumber: 0 },
        { number: proposed + 1, attemptNumber: 0 },
      );
      proposed += 2;
    }
    const next = waiting.shift();
    if (next === undefined) continue;
    steps.push([start(next.number, next.attemptNumber + 1)]);
    running.push({ number: next.number, attemptNumber: next.attemptNumber + 1 });
  }
  lab.commit(steps);
  say();
  Atomics.wait(nobodyWakes, 0, 0, Number(paceMs));
}

function endAll({ number, attemptNumber }: { number: number; attemptNumber: number }): Write[] {
  const [, end] = succeed(number, finished++);
  return end?.op === 'trialEnded'
    ? [endAttempt(number, attemptNumber, 'succeeded', end.value), { ...end, attemptNumber }]
    : [];
}
