/** A trial whose program prints 10 GB while the window shows its output. POSIX only. */
import { join } from 'node:path';
import { permit } from '../../src/objectives/command/permission.ts';
import { commandObjective } from '../../src/protocol/command-objective.ts';
import { text } from '../../src/renderer/text.ts';
import type { BenchRow } from '../row.ts';
import { inTemporaryFolder } from '../temporary-folder.ts';
import { ask, freshPage, heapOf, inBrowser, serveLab } from './serving.ts';
import { frameRow, traced, watching, windowRow } from './trace.ts';

const GB = 10;

/** @param seconds for which frames are recorded, while the program prints */
export async function output(seconds: number): Promise<BenchRow[]> {
  return inTemporaryFolder(async (folder) => {
    const objective = commandObjective.parse({
      kind: 'command',
      command: ['sh', '-c', `yes 'epoch 7 loss=0.25' | head -c ${GB}000000000; echo; echo v=1`],
      folder,
      result: { stdout: 'v=(.*)' },
    });
    permit(join(folder, 'home'), objective);
    const serving = await serveLab(folder);
    try {
      return await inBrowser(async (browser) => {
        const watched = await freshPage(browser);
        const { page } = watched;
        await page.goto(serving.link);
        const { study } = await ask(page, 'startStudy', {
          study: {
            format: 'galapagos-study/1',
            name: 'printing',
            objective,
            direction: 'minimize',
            searchSpace: { x: { type: 'float', low: 0, high: 1 } },
            sampler: { name: 'random' },
            stop: { trials: 1 },
            seed: 1,
          },
          workers: 1,
        });
        await page.evaluate((place) => (location.hash = place), `#/study/${study}/trials`);
        await page.getByRole('row').nth(1).click();
        await page.getByText(text.inspector.output, { exact: true }).click();
        await page.getByText('epoch 7 loss=0.25').first().waitFor();
        const frames = await traced(browser, page, watching(seconds));
        const row = frameRow(`output of a trial that prints ${GB} GB`, frames);
        const held = await heapOf(watched);
        await ask(page, 'stopStudy', { study });
        return [row, windowRow('heap of that page', held, 'MB', '≤ 300 MB', held <= 300)];
      });
    } finally {
      await serving.close();
    }
  });
}
