/** Tests the header of a study: the score it shows, and the split that the score was measured on. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { StudySpec } from '../../src/core/study/study-spec.ts';
import { scoreKindOf, scoreText } from '../../src/core/study/score.ts';
import { text } from '../../src/renderer/text.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { missingChromium } from '../support/chromium.ts';
import {
  createStudy,
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
const studies: readonly (StudySpec & { readonly score: string; readonly shown: string })[] = [
  {
    ...plainSpec,
    name: 'judged on validation',
    objective: { ...trained, metric: 'accuracy' },
    direction: 'maximize',
    score: 'validation accuracy',
    shown: '96.37\u202f%',
  },
  {
    ...plainSpec,
    name: 'judged on test',
    objective: { ...trained, metric: 'loss', selectOn: 'test' },
    score: 'test loss',
    shown: '0.9637',
  },
  { ...plainSpec, name: 'judged by a function', score: 'value', shown: '0.9637' },
];

const folder = temporaryFolder();
beforeAll(() => {
  if (missingChromium() !== null) return;
  const lab = openLab(folder.file('lab.db'), { create: true });
  for (const [i, spec] of studies.entries()) {
    const uid = `6b1f2c1e-0d7a-4d1e-9f55-3a1d2f9c0b2${i}`;
    lab.commit([[createStudy(uid, spec)], [propose(0, uid, plainPoint(0))]]);
    lab.commit([[start(0, 1, uid)]]);
    lab.commit([succeed(0, 0, BEST, uid)]);
  }
  lab.close();
});
const lab = windowLab({ folder });

describe('Window: header of a study', () => {
  it.each(studies)(
    'names the split and the metric of the best score, in the format of the command line: $score',
    async ({ name, objective, score, shown }) => {
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
});
