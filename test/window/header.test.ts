/**
 * Tests the header of a study: the score it shows, and the split that the score was measured on.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { StudySpec } from '../../src/core/study/study-spec.ts';
import { scoreKindOf, scoreText } from '../../src/core/study/score.ts';
import { text } from '../../src/renderer/text.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { missingChromium } from '../support/chromium.ts';
import {
  createStudy,
  endAttempt,
  endTrial,
  plainPoint,
  plainSpec,
  propose,
  start,
  succeed,
} from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { PATIENCE, railStudy, windowLab } from '../support/window.ts';

const BEST = 0.96367;
const trained = { kind: 'train', dataset: 'mnist', network: 'mlp' } as const;
interface Shown {
  readonly spec: StudySpec;
  readonly score: string;
  readonly shown: string;
}
const studies: readonly Shown[] = [
  {
    spec: {
      ...plainSpec,
      name: 'judged on validation',
      objective: { ...trained, metric: 'accuracy' },
      direction: 'maximize',
    },
    score: 'validation accuracy',
    shown: '96.37\u202f%',
  },
  {
    spec: {
      ...plainSpec,
      name: 'judged on test',
      objective: { ...trained, metric: 'loss', selectOn: 'test' },
    },
    score: 'test loss',
    shown: '0.9637',
  },
  { spec: { ...plainSpec, name: 'judged by a function' }, score: 'value', shown: '0.9637' },
];

const stopped: StudySpec = {
  ...plainSpec,
  name: 'stopped early',
  pruning: {
    pruner: { name: 'hopeless' },
    reason: 'automatic: 10 reports a trial, 64 trials, 4 workers',
    length: 10,
    keeps: 'last',
  },
};

const folder = temporaryFolder();
beforeAll(() => {
  if (missingChromium() !== null) return;
  const lab = openLab(folder.file('lab.db'), { create: true });
  for (const [i, { spec }] of studies.entries()) {
    const uid = `6b1f2c1e-0d7a-4d1e-9f55-3a1d2f9c0b2${i}`;
    lab.commit([[createStudy(uid, spec)], [propose(0, uid, plainPoint(0))]]);
    lab.commit([[start(0, 1, uid)]]);
    lab.commit([succeed(0, 0, BEST, uid)]);
  }
  const uid = '6b1f2c1e-0d7a-4d1e-9f55-3a1d2f9c0b29';
  lab.commit([[createStudy(uid, stopped)], [propose(0, uid, plainPoint(0))]]);
  lab.commit([[propose(1, uid, plainPoint(1))], [start(0, 1, uid)], [start(1, 1, uid)]]);
  lab.commit([succeed(0, 0, BEST, uid)]);
  const end = { state: 'pruned', outcome: 'pruned', value: 2, finishSeq: 1, uid } as const;
  const attempt = { study: uid, number: 1, attemptNumber: 1 };
  lab.commit([
    [{ op: 'reported', attempt, step: 1, value: 2 }],
    [{ op: 'verdict', uid, number: 1, verdict: { step: 1, expected: 1 } }],
    [endAttempt(1, 1, 'pruned', undefined, uid), endTrial(1, end)],
  ]);
  lab.close();
});
const lab = windowLab({ folder });

describe('Window: header of a study', () => {
  it.each(studies)(
    'names the split and the metric of the best score, in the format of the command line: $score',
    async ({ spec: { name, objective }, score, shown }) => {
      const { page } = await lab.window();
      await railStudy(page, name, text.studyStates.paused).click();
      const header = page.locator('header');
      await header.getByRole('heading', { level: 1, name, exact: true }).waitFor();
      await header.getByText(`Best ${score} so far`, { exact: true }).waitFor();
      await header.getByText(shown, { exact: true }).waitFor();
      const kind = scoreKindOf(objective);
      expect(scoreText(BEST, kind.metric)).toBe(shown);
      // The shorter label of a narrow header names the split too.
      await page.setViewportSize({ width: 640, height: 800 });
      await header.getByText(text.header.bestShort(kind), { exact: true }).waitFor();
      if (kind.split !== null) expect(text.header.bestShort(kind)).toContain(kind.split);
    },
    3 * PATIENCE,
  );

  it(
    'shows how many trials were stopped early and the share of epochs that saved',
    async () => {
      const { page } = await lab.window();
      await railStudy(page, stopped.name, text.studyStates.paused).click();
      const header = page.locator('header');
      const saved = header.getByTitle('1 of 2 trials stopped early: 40\u202f% of epochs saved');
      await saved.waitFor();
      expect(await saved.innerText()).toBe('1 of 2, 40\u202f% of epochs saved');
      await header.getByText(text.header.stoppedEarly, { exact: true }).waitFor();
    },
    3 * PATIENCE,
  );
});
