/**
 * Two windows watch a study with 200 results per second for minutes: memory of the server and of
 * both pages must not grow with time.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { BenchRow } from '../row.ts';
import { inTemporaryFolder } from '../temporary-folder.ts';
import { endedOf } from './large.ts';
import { bigStudy } from './big-lab.ts';
import { ask, freshPage, heapOf, inBrowser, residentOf, serveLab } from './serving.ts';
import { slope } from './slope.ts';
import { windowRow } from './trace.ts';

const SAMPLES = 40;
/** Share of the time that is not counted: columns grow to their initial size, code is compiled. */
const WARM_UP = 0.25;
const RESULTS = 120_000;
/**
 * Bytes that a trial may cost a window and the server, which keep every trial of the study in
 * front.
 */
const TRIAL_BYTES = 1_500;

export async function flat(minutes: number): Promise<BenchRow[]> {
  return inTemporaryFolder(async (folder) => {
    const serving = await serveLab(folder);
    try {
      return await inBrowser(async (browser) => {
        const pages = [await freshPage(browser), await freshPage(browser)];
        const [first] = pages;
        if (first === undefined) return [];
        await first.page.goto(serving.link);
        const { name, objective, direction, searchSpace, sampler, seed } = bigStudy(9);
        const study = {
          format: 'galapagos-study/1',
          name,
          objective,
          direction,
          searchSpace,
          sampler,
          seed,
          stop: { trials: 10 * RESULTS },
        };
        const { study: key } = await ask(first.page, 'startStudy', {
          study,
          workers: null,
        });
        for (const [i, { page }] of pages.entries())
          await page.goto(`${serving.link}#/study/${key}/${i === 0 ? 'evolution' : 'trials'}`);
        await first.page.waitForFunction(() => /[1-9]\d* running/.test(document.body.innerText));
        const [ended, server, heaps]: [number[], number[], number[][]] = [
          [],
          [],
          pages.map(() => []),
        ];
        const begun = performance.now();
        for (let i = 0; i <= SAMPLES; i++) {
          await wait(Math.max(0, begun + (i * minutes * 60_000) / SAMPLES - performance.now()));
          ended.push(await endedOf(first.page));
          server.push(residentOf(serving.pid));
          for (const [p, watched] of pages.entries()) heaps[p]?.push(await heapOf(watched, true));
        }
        const seconds = (performance.now() - begun) / 1000;
        const rate = ((ended.at(-1) ?? NaN) - (ended[0] ?? NaN)) / seconds;
        await ask(first.page, 'stopStudy', { study: key });
        const row = (what: string, values: readonly number[]): BenchRow => {
          const from = Math.floor(values.length * WARM_UP);
          const bytes = slope(ended.slice(from), values.slice(from)) * 2 ** 20;
          return windowRow(
            `${what}: growth a result`,
            bytes,
            'bytes',
            `≤ ${TRIAL_BYTES.toLocaleString('en')} bytes`,
            bytes <= TRIAL_BYTES,
            `${(values[from] ?? NaN).toFixed(0)} MB after the warm-up, ${(values.at(-1) ?? NaN).toFixed(0)} MB at the end of ${minutes} minutes, most ${Math.max(...values).toFixed(0)} MB; a trial is kept, so what it takes is the floor`,
          );
        };
        return [
          row('memory of `serve`', server),
          ...heaps.map((values, i) =>
            row(`heap of the page on ${i === 0 ? 'Evolution' : 'Trials'}, collected`, values),
          ),
          windowRow(
            'results a second meanwhile',
            rate,
            '/s',
            '200/s',
            null,
            `${(ended.at(-1) ?? 0).toLocaleString('en')} ended`,
          ),
        ];
      });
    } finally {
      await serving.close();
    }
  });
}
