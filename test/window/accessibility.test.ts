/**
 * Checks with axe-core the pages that are not part of the walk through the window;
 * `keyboard.test.ts` checks the others.
 */
import { describe, expect, it } from 'vitest';
import type { StudyFile } from '../../src/protocol/study-file.ts';
import { chartText } from '../../src/renderer/text-of-charts.ts';
import { text } from '../../src/renderer/text.ts';
import { looker } from '../support/axe.ts';
import { written } from '../support/dataset-files.ts';
import { drop } from '../support/dropped.ts';
import {
  PATIENCE,
  ask,
  select,
  startInFront,
  syntheticStudy,
  untilEnded,
  windowLab,
} from '../support/window.ts';

const lab = windowLab({ workers: 1 });
const LONG = 4 * PATIENCE;

describe.each(['light', 'dark'] as const)(
  'Window: accessibility of further pages in the %s scheme',
  (colorScheme) => {
    const named = (name: string): string => `${name}, ${colorScheme}`;

    it(
      'has no axe-core violation in Compare, in deleted studies, nor in a study of failed trials',
      async () => {
        const { page } = await lab.window({ colorScheme });
        const { found, look } = looker(page);
        const keys: string[] = [];
        for (const name of [named('one'), named('other')]) {
          const study = syntheticStudy(name, { trials: 5, durationMs: 1 });
          keys.push(await startInFront(page, study, 'trials'));
          await untilEnded(page, 5);
        }
        await page.goto(`${lab.served.origin}/#/compare/${keys.join('/')}`);
        await page
          .getByRole('rowheader', { name: 'seed', exact: true })
          .or(page.getByText(text.compare.same))
          .waitFor();
        await look('compare');
        const deleted = keys[0] ?? '';
        await ask(page, 'describeStudy', { study: deleted, deleted: true });
        const rail = page.getByRole('navigation', { name: text.rail.label });
        await rail.getByText(text.studyChanges.deletedStudies({ count: 1 })).click();
        const forGood = text.studyChanges.removeNamed({ name: named('one') });
        await rail.getByRole('button', { name: forGood, exact: true }).waitFor();
        await look('deleted studies');
        await page.goto(`${lab.served.origin}/#/study/${deleted}/evolution`);
        await page.getByText(text.studyChanges.isDeleted).waitFor();
        await look('a deleted study');
        await rail.getByRole('button', { name: forGood, exact: true }).click();
        const dialog = page.getByRole('dialog', {
          name: text.studyChanges.removeTitle({ name: named('one') }),
        });
        await dialog.waitFor();
        await look('removal of a deleted study');
        await dialog
          .getByRole('button', { name: text.studyChanges.removeForGood, exact: true })
          .click();
        await dialog.waitFor({ state: 'detached' });
        const failing: StudyFile = {
          ...syntheticStudy(named('failing'), { trials: 3, durationMs: 1 }),
          objective: { kind: 'synthetic', function: 'sphere', memoryRate: 1 },
          sampler: { name: 'random' },
        };
        const { study } = await ask(page, 'startStudy', { study: failing, workers: null });
        await page.goto(`${lab.served.origin}/#/study/${study}/evolution`);
        await page
          .getByText(
            chartText.evolution.allFailed({
              trials: 3,
              outcome: chartText.evolution.outcomes.outOfMemory,
            }),
          )
          .waitFor();
        await look('failed study');
        await select(page, 0);
        await page
          .getByRole('heading', { level: 2, name: text.inspector.trial({ trial: 0 }), exact: true })
          .waitFor();
        await look('failed trial');
        expect(found).toEqual({});
      },
      LONG,
    );

    it(
      'has no axe-core violation in imports: a preview, one failure, and several',
      async () => {
        const { page } = await lab.window({ colorScheme, at: '#/datasets' });
        const { found, look } = looker(page);
        await page.getByRole('heading', { level: 1, name: text.datasets.title }).waitFor();
        const rail = page.getByRole('navigation', { name: text.rail.label });
        const rows = Array.from({ length: 20 }, (_, i) => `${i},${i % 2},${i / 2}`);
        written(lab.folder.path, {
          [`named-${colorScheme}.csv`]: ['a,label,c', ...rows, ''].join('\n'),
          'plain.csv': ['a,b,c', ...rows, ''].join('\n'),
          'empty.csv': '',
        });
        await drop(page, [lab.folder.file(`named-${colorScheme}.csv`)]);
        await rail
          .getByRole('button', { name: new RegExp(`^named-${colorScheme}`) })
          .filter({ hasText: text.imports.ready })
          .click();
        await page.getByRole('combobox', { name: text.datasets.againLabel, exact: true }).waitFor();
        await look('preview');
        await drop(page, [lab.folder.file('plain.csv')]);
        await rail
          .getByRole('button', { name: /^plain\.csv/ })
          .filter({ hasText: 'expected' })
          .click();
        await page
          .getByRole('heading', {
            level: 1,
            name: text.datasets.importFailed({ name: 'plain.csv' }),
          })
          .waitFor();
        await look('failed import');
        await drop(page, [lab.folder.file('empty.csv')]);
        const several = rail.getByText(text.imports.severalFailed({ imports: 2 }), { exact: true });
        await several.waitFor();
        await look('failed imports');
        await several.click();
        await rail.getByText('empty.csv', { exact: true }).waitFor();
        await look('failed imports, opened');
        expect(found).toEqual({});
        await rail.getByRole('button', { name: text.imports.discardAll, exact: true }).click();
        await several.waitFor({ state: 'detached' });
      },
      LONG,
    );
  },
);
