/** Tests the form for a person's own script, in the window of the desktop app and in a browser. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { script as words } from '../../src/renderer/text/script.ts';
import { text } from '../../src/renderer/text.ts';
import { missingChromium } from '../support/chromium.ts';
import { desktopWindow } from '../support/desktop-window.ts';
import type { DesktopWindow } from '../support/desktop-window.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { PATIENCE, ask, patient, windowLab } from '../support/window.ts';

const TRAIN = `import argparse, sys, time
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1, help="learning rate")
parser.add_argument("--dropout", type=float, default=0.25)
parser.add_argument("--optimizer", choices=["sgd", "adam"], default="sgd")
parser.add_argument("--data", default="./data")
parser.add_argument("--fog", type=int, default=3)
parser.add_argument("--epochs", type=int, default=3)
args = parser.parse_args()
for epoch in range(args.epochs):
    accuracy = 1 - (args.lr - 0.3) ** 2 - args.dropout / 10 - 0.1 / (epoch + 1)
    print(f"epoch {epoch} accuracy={accuracy:.6f}", flush=True)
`;

const CONFIGURED = `import json, sys
values = json.load(open(sys.argv[sys.argv.index("--config") + 1]))
print("accuracy=%.6f" % (1 - (values["optimizer"]["lr"] - 0.3) ** 2))
`;

const missing = missingChromium();
const folder = temporaryFolder();
const project = folder.file('project');
const configured = folder.file('configured');
let desktop: DesktopWindow;
let chosen: readonly string[] = [];

beforeAll(async () => {
  mkdirSync(project);
  writeFileSync(join(project, 'train.py'), TRAIN);
  mkdirSync(configured);
  writeFileSync(join(configured, 'tune.py'), CONFIGURED);
  writeFileSync(join(configured, 'config.json'), '{"optimizer": {"lr": 0.1}, "size": 3}\n');
  writeFileSync(join(project, 'wait.sh'), 'echo waiting; sleep 600\n');
  if (missing === null) desktop = await desktopWindow(folder, { choosePaths: () => [...chosen] });
}, 5 * PATIENCE);
beforeEach(({ skip }) => skip(missing !== null, missing ?? ''));
afterAll(async () => {
  if (missing === null) await desktop.close();
  folder.remove();
}, PATIENCE);

const pages: Page[] = [];
afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close();
});

const start = (page: Page) =>
  page.getByRole('button', { name: new RegExp(`^${text.setUp.start}( |$)`) });
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true });

async function form(): Promise<Page> {
  const page = await desktop.window('#/new//script');
  page.setDefaultTimeout(PATIENCE);
  pages.push(page);
  return page;
}

async function reading(name: string): Promise<Page> {
  const page = await form();
  await field(page, words.path).fill(resolve(project, name));
  await button(page, words.read).click();
  await field(page, words.commandLine).waitFor();
  return page;
}

describe('Window: own script', () => {
  it(
    'proposes a study for a chosen script, tries its command once, and starts it',
    async () => {
      chosen = [join(project, 'train.py')];
      const page = await form();
      expect(await start(page).isDisabled()).toBe(true);
      await button(page, words.browse).click();
      await expect
        .poll(() => field(page, words.commandLine).inputValue(), patient)
        .toMatch(/train\.py --lr "?\{lr\}|train\.py \{params:flags\}/);
      await page.getByText(words.fixed({ names: ['data', 'epochs'] })).waitFor();
      await page.getByText(words.unknown({ names: ['fog'] })).waitFor();
      expect(
        await field(page, text.setUp.fieldOf({ name: 'lr', field: 'from' })).inputValue(),
      ).toBe('0.001');
      await expect.poll(() => button(page, words.tryOnce).isEnabled(), patient).toBe(true);
      await button(page, words.tryOnce).click();
      // The defaults of the script: lr 0.1 and dropout 0.25.
      await page.getByText(/Result: 0\.90166[67]/).waitFor();
      await page
        .getByText(/^3 values of epochs: the first 0\.835, the last 0\.90166[67]\.$/)
        .waitFor();
      await page.getByText('epoch 2 accuracy=').waitFor();
      expect(readdirSync(project).sort()).toEqual(['train.py', 'wait.sh']);
      await field(page, text.setUp.stopFields.trials).fill('6');
      await expect.poll(() => start(page).isEnabled(), patient).toBe(true);
      await start(page).click();
      await page.getByRole('heading', { level: 1, name: 'train', exact: true }).waitFor();
      await expect
        .poll(() => page.locator('header .done .figure strong').textContent(), patient)
        .toBe('6');
    },
    3 * PATIENCE,
  );

  it(
    'ends a try on request, with every process of the command',
    async () => {
      const page = await reading('wait.sh');
      await expect.poll(() => button(page, words.tryOnce).isEnabled(), patient).toBe(true);
      await button(page, words.tryOnce).click();
      await page.getByLabel(words.printed).getByText('waiting').waitFor();
      await button(page, words.endTry).click();
      await page.getByText(/^You ended it after /).waitFor();
      await button(page, words.tryOnce).waitFor();
    },
    3 * PATIENCE,
  );

  it(
    'refuses a command that does not run the chosen script, and marks the field',
    async () => {
      const page = await reading('train.py');
      await field(page, words.commandLine).fill('rm -rf /tmp/nothing');
      await page.getByText(/Expected a command that runs the script chosen here/).waitFor();
      expect(await field(page, words.commandLine).getAttribute('aria-invalid')).toBe('true');
      expect(await button(page, words.tryOnce).isDisabled()).toBe(true);
    },
    3 * PATIENCE,
  );

  it(
    'says what a copy of the project folder contains, and starts nothing while there can be none',
    async () => {
      const page = await reading('train.py');
      await page.getByText(/^Start copies 2 files, .* of at most 200 MB\./).waitFor();
      await field(page, words.project).fill('/nowhere/at-all');
      await page.getByText('expected a folder, found no folder /nowhere/at-all').waitFor();
      expect(await field(page, words.project).getAttribute('aria-invalid')).toBe('true');
      await start(page).click();
      await expect
        .poll(
          () => field(page, words.project).evaluate((it) => it === document.activeElement),
          patient,
        )
        .toBe(true);
      await page.getByRole('combobox', { name: words.files }).selectOption('folder');
      await page.getByText(words.folderNote).waitFor();
      await page.getByText('expected a folder').waitFor({ state: 'detached' });
    },
    3 * PATIENCE,
  );

  it(
    'renames, fixes and removes a parameter in the command as well',
    async () => {
      const page = await reading('train.py');
      const line = field(page, words.commandLine);
      await line.fill('python3 train.py --lr {lr} --dropout {dropout} --optimizer={optimizer}');
      await line.blur();
      await field(page, text.setUp.nameOf({ name: 'lr' })).fill('rate');
      await field(page, text.setUp.nameOf({ name: 'lr' })).blur();
      await expect.poll(() => line.inputValue(), patient).toContain('--lr {rate}');
      await page.getByRole('checkbox', { name: text.setUp.searchIt({ name: 'dropout' }) }).click();
      await expect.poll(() => line.inputValue(), patient).toContain('--dropout 0.25');
      await button(page, text.setUp.removeParameter({ name: 'optimizer' })).click();
      await expect.poll(() => line.inputValue(), patient).toMatch(/0\.25$/);
    },
    3 * PATIENCE,
  );

  it(
    'searches the values of a configuration file, and marks the field of a wrong one',
    async () => {
      const page = await reading(join(configured, 'tune.py'));
      const file = field(page, words.config);
      expect(await file.inputValue()).toBe('config.json');
      await expect
        .poll(() => field(page, words.commandLine).inputValue(), patient)
        .toMatch(/tune\.py --config "?\{config\}/);
      await file.fill('other.json');
      await file.blur();
      await page
        .getByText(/expected a file, relative to the working folder, found no file/i)
        .waitFor();
      expect(await file.getAttribute('aria-invalid')).toBe('true');
      await file.fill('config.json');
      await file.blur();
      await expect.poll(() => button(page, words.tryOnce).isEnabled(), patient).toBe(true);
      await button(page, words.tryOnce).click();
      // The value of the file: lr 0.1.
      await page.getByText(/Result: 0\.96/).waitFor();
      expect(readFileSync(join(configured, 'config.json'), 'utf8')).toContain('0.1}');
      await field(page, text.setUp.stopFields.trials).fill('3');
      await expect.poll(() => start(page).isEnabled(), patient).toBe(true);
      await start(page).click();
      await expect
        .poll(() => page.locator('header .done .figure strong').textContent(), patient)
        .toBe('3');
    },
    3 * PATIENCE,
  );
});

describe('Window: own script in a browser', () => {
  const lab = windowLab();

  it(
    'says what to type instead, and the host refuses to read, try or start a script',
    async () => {
      const { page } = await lab.window({ at: '#/new//script' });
      await page.getByText(words.noBrowser).waitFor();
      await page.getByText(words.commands.join('\n')).waitFor();
      expect(await button(page, words.read).count()).toBe(0);
      const script = join(project, 'train.py');
      const request = { script, folder: null, python: null, args: [] };
      await expect(ask(page, 'proposeScript', request)).rejects.toThrow(/no-programs/);
      const draft = await ask(page, 'draft', { dataset: null });
      const objective = {
        kind: 'command' as const,
        command: ['python3', 'train.py'],
        folder: project,
        graceSeconds: 1,
        keep: { outputMb: 1, checkpoints: 'best' as const },
      };
      const study = { ...draft, objective, searchSpace: { x: { type: 'float', low: 0, high: 1 } } };
      const own = study as typeof draft;
      await expect(ask(page, 'tryScript', { study: own, values: {} })).rejects.toThrow(
        /no-programs/,
      );
      await expect(ask(page, 'startStudy', { study: own, workers: null })).rejects.toThrow(
        /command-not-started-here/,
      );
    },
    3 * PATIENCE,
  );
});
