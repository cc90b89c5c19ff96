/** Tests the output of a program in the pane of a trial. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { permit } from '../../src/objectives/command/permission.ts';
import { commandObjective } from '../../src/protocol/command-objective.ts';
import { text } from '../../src/renderer/text.ts';
import { ask, PATIENCE, syntheticStudy, windowLab } from '../support/window.ts';

const lab = windowLab();

describe('Window: output of programs', () => {
  it(
    'shows what a running program prints, searches it, escapes it, and copies its command line',
    async () => {
      const { page, complaints } = await lab.window();
      await page.getByRole('button', { name: text.start.mnistButton }).waitFor();
      const project = join(lab.folder.path, 'project');
      mkdirSync(project);
      const script =
        'echo first; echo "<b>bold</b>"; echo w > "${{GALAPAGOS_CHECKPOINT_DIR:-.}}/weights"; while ! test -e go; do sleep 0.05; done; echo "Last v={x}"';
      const objective = commandObjective.parse({
        kind: 'command',
        command: ['sh', '-c', script],
        folder: project,
        result: { stdout: 'v=(.*)' },
      });
      const study = { ...syntheticStudy('programs', { trials: 1, durationMs: 0 }), objective };
      const refused = ask(page, 'startStudy', { study, workers: null });
      await expect(refused).rejects.toThrow(/galapagos run|command-not-started-here/);
      permit(lab.folder.file('home'), objective);
      const { study: uid } = await ask(page, 'startStudy', { study, workers: null });
      await page.goto(`${lab.served.origin}/#/study/${uid}/trials`);
      await page.getByRole('row').nth(1).click();
      await page.getByText(text.inspector.output, { exact: true }).click();
      const output = page.locator(`pre[aria-label="${text.inspector.output}"]`);
      await output.getByText('<b>bold</b>').waitFor();
      writeFileSync(join(project, 'go'), '');
      await output.getByText(/Last v=/).waitFor();
      await page.getByLabel(text.inspector.searchOutput).fill('LAST');
      await expect.poll(() => output.textContent()).toMatch(/^Last v=\S+$/);
      await page.getByText(text.inspector.noReports).waitFor();
      const kept = page.locator('section.kept').locator('code');
      expect(existsSync(join((await kept.textContent()) ?? '', 'weights'))).toBe(true);
      const printed = await output.textContent();
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.getByRole('button', { name: text.inspector.copyCommand }).click();
      await page.getByRole('button', { name: text.copied }).waitFor();
      const line = await page.evaluate(() => navigator.clipboard.readText());
      const again = execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' });
      expect(again.trim().split('\n').at(-1)).toBe(printed);
      await page.getByRole('button', { name: text.inspector.confirm({ seeds: 5 }) }).click();
      await page.getByText('The best trial is being retrained on 5 new seeds.').first().waitFor();
      // The browser reports the refusal as well.
      expect(complaints.filter((complaint) => !complaint.includes('400'))).toEqual([]);
    },
    3 * PATIENCE,
  );

  it('says in every view of a study that its first trials failed alike', async () => {
    const { page } = await lab.window();
    const objective = commandObjective.parse({
      kind: 'command',
      command: ['sh', '-c', 'echo "no such option" >&2; exit 2'],
      folder: lab.folder.path,
      result: { stdout: 'v=(.*)' },
    });
    permit(lab.folder.file('home'), objective);
    const study = { ...syntheticStudy('programs', { trials: 64, durationMs: 0 }), objective };
    const { study: uid } = await ask(page, 'startStudy', { study, workers: null });
    await page.goto(`${lab.served.origin}/#/study/${uid}/trials`);
    await page
      .getByRole('alert')
      .getByText('Paused: the first 5 trials failed alike: exit status 2: no such option')
      .waitFor();
  });
});
