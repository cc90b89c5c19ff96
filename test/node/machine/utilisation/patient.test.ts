import { expect, it } from 'vitest';
import { Unknown } from '../../../../src/node/machine/utilisation/figure.ts';
import { Patient } from '../../../../src/node/machine/utilisation/patient.ts';
import { ManualTimer } from '../../../support/manual-timer.ts';

it('Patient source: is unknown while late, is not asked again meanwhile, and is used when it answers again', async () => {
  const timer = new ManualTimer();
  const answers: ((value: string) => void)[] = [];
  const patient = new Patient(() => new Promise<string>((resolve) => answers.push(resolve)), timer);
  const first = patient.within(500);
  timer.advance(500);
  expect(await first).toStrictEqual(new Unknown('the system did not answer within 500 ms'));
  timer.advance(9500);
  expect(await patient.within(500)).toStrictEqual(
    new Unknown('the system has not answered for 10 s'),
  );
  expect(answers).toHaveLength(1);
  answers[0]?.('at last');
  await new Promise(setImmediate);
  const third = patient.within(500);
  await Promise.resolve();
  answers[1]?.('in time');
  expect(await third).toBe('in time');
  expect(timer.pending).toBe(0);
});

it.each([
  [() => Promise.reject(new Error('no such device'))],
  [
    () => {
      throw new Error('no such device');
    },
  ],
])("Patient source: is unknown with the error's text when it fails", async (ask) => {
  expect(await new Patient<string>(ask, new ManualTimer()).within(500)).toStrictEqual(
    new Unknown('Error: no such device'),
  );
});
