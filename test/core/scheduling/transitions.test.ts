/**
 * Tests the transition tables: every listed pair is reached by its event, and every other pair is
 * refused with the story.
 */
import { describe, expect, it } from 'vitest';
import { ATTEMPT_TRANSITIONS, moveAttempt } from '../../../src/core/scheduling/attempts.ts';
import { InvalidTransition, step } from '../../../src/core/scheduling/index.ts';
import { moveSlot, SLOT_TRANSITIONS } from '../../../src/core/scheduling/slots.ts';
import { moveStudy, STUDY_TRANSITIONS } from '../../../src/core/scheduling/studies.ts';
import { moveTrial, TRIAL_TRANSITIONS } from '../../../src/core/scheduling/trials.ts';
import { id, LabDriver } from '../../support/lab-driver.ts';

function pairs(
  table: Readonly<Record<string, Readonly<Partial<Record<string, string>>>>>,
): { from: string; to: string; listed: boolean }[] {
  const names = Object.keys(table);
  return names.flatMap((from) =>
    names.map((to) => ({ from, to, listed: table[from]?.[to] !== undefined })),
  );
}

function running(): LabDriver {
  const driver = new LabDriver();
  driver.open();
  driver.create({ trials: 4 });
  driver.hello('local/cpu/0');
  return driver;
}

describe('Transitions: refuses a pair that no table lists before anything changes', () => {
  it.each(pairs(ATTEMPT_TRANSITIONS).filter(({ listed }) => !listed))(
    'attempt $from → $to',
    ({ from, to }) => {
      const driver = running();
      const attempt = driver.trial(0).live[0]!;
      attempt.state = from as typeof attempt.state;
      expect(() => moveAttempt(driver.lab, attempt, to as typeof attempt.state)).toThrow(
        InvalidTransition,
      );
      expect(attempt.state).toBe(from);
    },
  );

  it.each(pairs(TRIAL_TRANSITIONS).filter(({ listed, to }) => !listed && to !== 'new'))(
    'trial $from → $to',
    ({ from, to }) => {
      const driver = running();
      const trial = driver.trial(0);
      trial.state = from as typeof trial.state;
      expect(() => moveTrial(driver.lab, trial, to as typeof trial.state)).toThrow(
        InvalidTransition,
      );
      expect(trial.state).toBe(from);
    },
  );

  it.each(pairs(SLOT_TRANSITIONS).filter(({ listed }) => !listed))(
    'slot $from → $to',
    ({ from, to }) => {
      const driver = running();
      const slot = driver.slot('local/cpu/0');
      slot.state = from as typeof slot.state;
      expect(() => moveSlot(driver.lab, slot, to as typeof slot.state)).toThrow(InvalidTransition);
      expect(slot.state).toBe(from);
    },
  );

  it.each(pairs(STUDY_TRANSITIONS).filter(({ listed }) => !listed))(
    'study $from → $to',
    ({ from, to }) => {
      const driver = running();
      const study = driver.study();
      study.state = from as typeof study.state;
      expect(() => moveStudy(driver.lab, study, to as typeof study.state, null)).toThrow(
        InvalidTransition,
      );
      expect(study.state).toBe(from);
    },
  );
});

describe('Transitions: an illegal transition', () => {
  it('reports subject, both states, and the story of the trial', () => {
    const driver = running();
    const trial = driver.trial(0);
    expect(() => moveTrial(driver.lab, trial, 'running')).toThrow(
      /^trial study\/0 \(1\.4\) cannot go from running to running\n {2}1\.4 at 0 ms, proposed because of 1\.3: proposed by model/,
    );
  });

  it('drops the event, writes nothing and reports an anomaly where the lab is not strict', () => {
    const driver = new LabDriver({ scheduler: { strict: false } });
    driver.open();
    driver.create({ trials: 1 });
    driver.hello('local/cpu/0');
    driver.trial(0).state = 'complete';
    const result = { outcome: 'succeeded', value: 1, ms: 1 } as const;
    const said = step(driver.lab, {
      type: 'result',
      at: 0,
      slot: 'local/cpu/0',
      incarnation: '1.1',
      attempt: id(0),
      result,
    });
    expect(said).toMatchObject([{ do: 'showLab', change: { kind: 'anomaly' } }]);
  });
});
