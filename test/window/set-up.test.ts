/** Tests the set-up page: starting the defaults, correcting errors, editing as JSON and back. */
import { describe, expect, it } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import { text } from '../../src/renderer/text.ts';
import { objectives } from '../../src/renderer/text/objectives.ts';
import { PATIENCE, ask, patient, windowLab } from '../support/window.ts';

const lab = windowLab();
const LONG = 3 * PATIENCE;
const start = (page: Page) =>
  page.getByRole('button', { name: new RegExp(`^${text.setUp.start}( |$)`) });
const nameField = (page: Page) => page.getByRole('textbox', { name: text.setUp.name, exact: true });
const json = (page: Page) => page.getByRole('textbox', { name: text.setUp.json, exact: true });
/** An input with or without suggestions, by its label. */
const field = (page: Page, name: string): Locator =>
  page
    .getByRole('textbox', { name, exact: true })
    .or(page.getByRole('combobox', { name, exact: true }));
const mode = (page: Page, label: string) => page.getByRole('radio', { name: label, exact: true });

async function setUp(): Promise<Page> {
  const { page } = await lab.window({ at: '#/new' });
  await expect.poll(() => start(page).isEnabled(), patient).toBe(true);
  return page;
}

describe('Window: set-up', () => {
  it(
    'starts the defaults without any input, and says which algorithm the sampler auto uses for what',
    async () => {
      const page = await setUp();
      const sampler = page.getByRole('combobox', { name: text.setUp.sampler, exact: true });
      expect(await sampler.inputValue()).toBe('auto');
      const name = await nameField(page).inputValue();
      await start(page).click();
      await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
      await page.getByText(/^[1-9]\d* running$/).waitFor();
      await page
        .getByText(/^auto: guided evolution: \d parameters, \d+ trials, \d+ workers?$/)
        .waitFor();
      await page
        .locator('header')
        .getByRole('button', { name: text.header.stop, exact: true })
        .click();
    },
    LONG,
  );

  it(
    'offers the pruners, and shows a setting that does not fit the training under its field',
    async () => {
      const page = await setUp();
      const pruner = page.getByRole('combobox', { name: text.setUp.pruning.title, exact: true });
      expect(await pruner.inputValue()).toBe('auto');
      await pruner.selectOption('patient');
      await page.getByText('early stopping as in other training programs').waitFor();
      const refused = page.getByText(/less than the \d+ epochs of a training/);
      await refused.waitFor();
      await pruner.selectOption('auto');
      await refused.waitFor({ state: 'detached' });
    },
    LONG,
  );

  it(
    'offers the words of a setting as a list, and removes the setting when the default is chosen',
    async () => {
      const page = await setUp();
      const json = page.getByRole('textbox', { name: text.setUp.json, exact: true });
      const restartsIn = async (): Promise<unknown> => {
        await page.getByRole('radio', { name: text.setUp.json, exact: true }).click();
        const study = JSON.parse(await json.inputValue()) as { sampler: object };
        await page.getByRole('radio', { name: text.setUp.form, exact: true }).click();
        return (study.sampler as { restarts?: unknown }).restarts;
      };
      await page
        .getByRole('combobox', { name: text.setUp.sampler, exact: true })
        .selectOption('cma-es');
      const restarts = page.getByRole('combobox', { name: /^after a search that finds nothing/ });
      const settings = page
        .getByRole('region', { name: text.setUp.sampler, exact: true })
        .getByText(text.setUp.samplerSettings, { exact: true });
      await settings.click();
      expect(await restarts.inputValue()).toBe('ipop');
      await restarts.selectOption('bipop');
      expect(await restartsIn()).toBe('bipop');
      await settings.click();
      await restarts.selectOption('ipop');
      expect(await restartsIn()).toBeUndefined();
    },
    LONG,
  );

  it(
    'adds, changes and removes objectives and bounds, and starts a study with several',
    async () => {
      const page = await setUp();
      const section = page.getByRole('region', { name: objectives.title });
      const choice = (name: string) => section.getByRole('combobox', { name, exact: true });
      await section
        .getByText(objectives.single({ metric: 'accuracy', direction: 'maximize' }))
        .waitFor();
      await section.getByRole('button', { name: objectives.add }).click();
      await choice(objectives.metricOf({ place: 2 })).selectOption('weights');
      expect(await choice(objectives.directionOf({ place: 2 })).inputValue()).toBe('minimize');
      await section.getByRole('button', { name: objectives.addBound }).click();
      await page.getByText(text.setUp.problems({ problems: 1 })).waitFor();
      await choice(objectives.boundMetric({ place: 1 })).selectOption('trainingSeconds');
      const most = { metric: 'trainingSeconds', side: objectives.most };
      await section.getByRole('textbox', { name: objectives.side(most) }).fill('60');
      await page.getByText(text.setUp.problems({ problems: 1 })).waitFor({ state: 'detached' });
      await section.getByRole('button', { name: objectives.add }).click();
      await choice(objectives.metricOf({ place: 3 })).waitFor();
      await section.getByRole('button', { name: objectives.remove({ metric: 'loss' }) }).click();
      await choice(objectives.metricOf({ place: 3 })).waitFor({ state: 'detached' });
      await mode(page, text.setUp.json).click();
      const written = JSON.parse(await json(page).inputValue()) as Record<string, unknown>;
      expect(written['objectives']).toEqual([
        { metric: 'accuracy', direction: 'maximize' },
        { metric: 'weights', direction: 'minimize' },
      ]);
      expect(written['constraints']).toEqual({ trainingSeconds: { 'at most': 60 } });
      await mode(page, text.setUp.form).click();
      const name = await nameField(page).inputValue();
      await start(page).click();
      await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
      await page.getByText('accuracy, weights', { exact: true }).waitFor();
      await page
        .locator('header')
        .getByRole('button', { name: text.header.stop, exact: true })
        .click();
    },
    LONG,
  );

  it(
    'shows and counts an error under its field, focuses it instead of starting, and clears it once corrected',
    async () => {
      const page = await setUp();
      const before = (await ask(page, 'draft', { dataset: null })).name;
      const field = page.getByRole('textbox', { name: text.setUp.stopFields.trials });
      const held = await field.inputValue();
      await field.fill('many');
      await page.getByText(text.setUp.problems({ problems: 1 })).waitFor();
      await page.getByText(/^Trials: expected .*, found .*many/).waitFor();
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      await start(page).click();
      await expect
        .poll(() => field.evaluate((element) => element === document.activeElement), patient)
        .toBe(true);
      await field.fill(held);
      await page.getByText(text.setUp.problems({ problems: 1 })).waitFor({ state: 'detached' });
      expect(await field.getAttribute('aria-invalid')).toBe('false');
      // The page proposes an unused name, so no study was started.
      expect((await ask(page, 'draft', { dataset: null })).name).toBe(before);
    },
    LONG,
  );

  it.each<[string, (page: Page) => Locator, string, RegExp]>([
    [
      'a choice',
      (page) => field(page, text.setUp.choicesOf({ name: 'batch' })),
      '32, x',
      /^batch: expected a number, found "x"/,
    ],
    ['the epochs', (page) => field(page, 'Epochs'), 'many', /^Epochs: expected a number/],
    [
      'the validation share',
      (page) => field(page, 'Validation share'),
      '2',
      /^Validation share: expected a share/,
    ],
    [
      'the number of workers',
      (page) => field(page, text.setUp.workers),
      '9999',
      /^Expected an integer from 1 to \d+, found 9999\.$/,
    ],
  ])(
    'marks an invalid value of %s, reports it once in its part, and Start focuses it',
    async (_, find, typed, words) => {
      const page = await setUp();
      const input = find(page);
      await input.fill(typed);
      await input.blur();
      await page.getByText(text.setUp.problems({ problems: 1 })).waitFor();
      await expect.poll(() => input.getAttribute('aria-invalid'), patient).toBe('true');
      expect(await page.locator('[aria-invalid="true"]').count()).toBe(1);
      expect(await page.getByText(words).count()).toBe(1);
      const part = page.getByRole('region').filter({ has: input });
      expect(await part.getByText(words).count()).toBe(1);
      await start(page).click();
      await expect
        .poll(() => input.evaluate((element) => element === document.activeElement), patient)
        .toBe(true);
      expect(await nameField(page).isVisible()).toBe(true);
    },
    LONG,
  );

  it(
    'refuses more workers than the machine can run, from every client',
    async () => {
      const page = await setUp();
      const study = await ask(page, 'draft', { dataset: null });
      await expect(ask(page, 'startStudy', { study, workers: 4000 })).rejects.toThrow(
        /"path":"workers"/,
      );
    },
    LONG,
  );

  it(
    'edits layers as rows: a field, a type, the order; shows an error in the row, and Start focuses it',
    async () => {
      const page = await setUp();
      await page.getByRole('button', { name: text.setUp.editLayers }).click();
      const filters = field(page, text.setUp.layerField({ layer: 1, field: 'filters' }));
      await filters.fill('0');
      const words = /^Layer 1, filters: expected at least 1, found 0/;
      await page.getByText(words).waitFor();
      expect(await page.getByText(words).count()).toBe(1);
      await page.getByRole('button', { name: text.setUp.doneEditing }).click();
      await start(page).click();
      await expect
        .poll(() => filters.evaluate((element) => element === document.activeElement), patient)
        .toBe(true);
      await filters.fill('7');
      await page.getByText(words).waitFor({ state: 'detached' });
      const layers = page.getByRole('textbox', { name: text.setUp.layersAsJson });
      await page
        .getByRole('radiogroup', { name: text.setUp.layerMode })
        .getByRole('radio', { name: text.setUp.layerJson })
        .click();
      const written = JSON.parse(await layers.inputValue()) as Record<string, unknown>[];
      expect(written[0]).toMatchObject({ type: 'conv', filters: 7 });
      await layers.fill('[{');
      await page.getByText(/The network keeps its last valid layers\.$/).waitFor();
      await page.getByText(text.setUp.problems({ problems: 1 })).waitFor();
      await layers.fill(JSON.stringify([{ type: 'flatten' }, { type: 'dense', units: 10 }]));
      await page.getByText(text.setUp.problems({ problems: 1 })).waitFor({ state: 'detached' });
      await page
        .getByRole('radiogroup', { name: text.setUp.layerMode })
        .getByRole('radio', { name: text.setUp.layerRows })
        .click();
      await expect
        .poll(
          () => field(page, text.setUp.layerField({ layer: 2, field: 'units' })).inputValue(),
          patient,
        )
        .toBe('10');
    },
    LONG,
  );

  it(
    'warns of a parameter that nothing uses, and removes it on request',
    async () => {
      const page = await setUp();
      await mode(page, text.setUp.json).click();
      const study = JSON.parse(await json(page).inputValue()) as { searchSpace: object };
      const searchSpace = { ...study.searchSpace, spare: { type: 'float', low: 0, high: 1 } };
      await json(page).fill(JSON.stringify({ ...study, searchSpace }, null, 2));
      await mode(page, text.setUp.form).click();
      const warning = page.getByText(text.setUp.unused({ names: ['spare'] }), { exact: true });
      await warning.waitFor();
      const remove = text.setUp.removeUnused({ names: ['spare'] });
      await page
        .getByRole('status')
        .filter({ has: warning })
        .getByRole('button', { name: remove })
        .click();
      await warning.waitFor({ state: 'detached' });
      await mode(page, text.setUp.json).click();
      expect(JSON.parse(await json(page).inputValue())).toEqual(study);
    },
    LONG,
  );

  it(
    'shows the same weights on the selected network card as under its layers, and keeps it when it is clicked',
    async () => {
      const page = await setUp();
      await mode(page, text.setUp.json).click();
      const before = await json(page).inputValue();
      await mode(page, text.setUp.form).click();
      const card = page
        .getByRole('radiogroup', { name: text.setUp.model })
        .getByRole('radio', { checked: true });
      const weights = (await card.locator('small').textContent()) ?? '';
      await page.getByText(text.setUp.fits({ weights }), { exact: true }).waitFor();
      await card.click();
      expect(await card.count()).toBe(1);
      expect(await card.locator('small').textContent()).toBe(weights);
      await mode(page, text.setUp.json).click();
      expect(await json(page).inputValue()).toBe(before);
    },
    LONG,
  );

  it(
    'changes the optimizer and removes parameters that it lacks from the search space',
    async () => {
      const page = await setUp();
      await page.getByRole('combobox', { name: 'Optimizer' }).selectOption('adam');
      await page
        .getByRole('textbox', { name: text.setUp.nameOf({ name: 'momentum' }) })
        .waitFor({ state: 'detached' });
      await mode(page, text.setUp.json).click();
      const written = JSON.parse(await json(page).inputValue()) as {
        objective: { settings: { optimizer: object } };
      };
      expect(written.objective.settings.optimizer).toEqual({
        type: 'adam',
        learningRate: { $param: 'learningRate' },
        weightDecay: { $param: 'weightDecay' },
      });
      expect(await page.getByText(text.setUp.problems({ problems: 1 })).count()).toBe(0);
    },
    LONG,
  );

  it(
    'shows the same study as a form and as JSON, whichever is edited',
    async () => {
      const page = await setUp();
      await nameField(page).fill('written in the form');
      await page.getByRole('textbox', { name: text.setUp.stopFields.trials }).fill('77');
      await mode(page, text.setUp.json).click();
      const written = JSON.parse(await json(page).inputValue()) as Record<string, unknown>;
      expect(written).toMatchObject({ name: 'written in the form', stop: { trials: 77 } });
      await json(page).fill(
        JSON.stringify({ ...written, name: 'written as JSON', stop: { trials: 55 } }, null, 2),
      );
      await expect.poll(() => nameField(page).inputValue(), patient).toBe('written as JSON');
      await mode(page, text.setUp.form).click();
      expect(
        await page.getByRole('textbox', { name: text.setUp.stopFields.trials }).inputValue(),
      ).toBe('55');
    },
    LONG,
  );

  it(
    'keeps the form while the JSON is invalid, and shows line and column',
    async () => {
      const page = await setUp();
      await nameField(page).fill('kept');
      await mode(page, text.setUp.json).click();
      const good = await json(page).inputValue();
      const lines = good.split('\n');
      await json(page).fill([...lines.slice(0, 2), '  oops', ...lines.slice(2)].join('\n'));
      await page.getByText(/line 3, column 3.*The form keeps the last valid study\./).waitFor();
      expect(await json(page).getAttribute('aria-invalid')).toBe('true');
      await mode(page, text.setUp.form).click();
      expect(await nameField(page).inputValue()).toBe('kept');
      await page.getByRole('textbox', { name: text.setUp.stopFields.trials }).waitFor();
    },
    LONG,
  );
});
