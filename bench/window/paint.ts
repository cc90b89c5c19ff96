/**
 * Time until a window with an empty lab shows its first page, and the size of the scripts it loads.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { BenchRow } from '../row.ts';
import { median } from '../statistics.ts';
import { inTemporaryFolder } from '../temporary-folder.ts';
import { freshPage, inBrowser, serveLab } from './serving.ts';
import { windowRow } from './trace.ts';

const REPEATS = 5;
const RENDERER = fileURLToPath(new URL('../../out/renderer/', import.meta.url));

export async function paint(): Promise<BenchRow[]> {
  const [times, starts, contentful]: [number[], number[], number[]] = [[], [], []];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    await inTemporaryFolder(async (folder) => {
      const serving = await serveLab(folder);
      starts.push(serving.seconds);
      try {
        await inBrowser(async (browser) => {
          const { page } = await freshPage(browser);
          await page.goto(serving.link);
          // The cards exist, and the frame that contains them was submitted.
          const shown = await page.waitForFunction(
            async () => {
              if (document.querySelectorAll('h2').length < 3) return 0;
              return new Promise<number>((done) =>
                requestAnimationFrame(() => setTimeout(() => done(performance.now()))),
              );
            },
            undefined,
            { polling: 16 },
          );
          times.push((await shown.jsonValue()) / 1000);
          contentful.push(
            (await page.evaluate(
              () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
            )) / 1000,
          );
        });
      } finally {
        await serving.close();
      }
    });
  }
  const [seconds, start] = [median(times), median(starts)];
  const { files, kilobytes, charts } = initialScript();
  return [
    windowRow(
      'first paint of the three cards, from the navigation',
      seconds,
      's',
      '≤ 1 s',
      seconds <= 1,
      `median of ${REPEATS} fresh profiles; slowest ${Math.max(...times).toFixed(2)} s; first contentful paint ${median(contentful).toFixed(2)} s`,
    ),
    windowRow(
      'the same from the start of `galapagos serve`',
      start + seconds,
      's',
      '–',
      null,
      `the link is printed after ${start.toFixed(2)} s`,
    ),
    windowRow(
      'initial script, gzipped',
      kilobytes,
      'kB',
      '≤ 150 kB',
      kilobytes <= 150,
      files.join(', '),
    ),
    windowRow(
      'ECharts in the initial script',
      charts ? 1 : 0,
      charts ? 'yes' : 'no',
      'no',
      !charts,
    ),
  ];
}

/** Scripts in `index.html` and their static imports. */
function initialScript(): {
  readonly files: readonly string[];
  readonly kilobytes: number;
  readonly charts: boolean;
} {
  const html = readFileSync(`${RENDERER}index.html`, 'utf8');
  const found = new Set(
    [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map(([, file = '']) => file),
  );
  const texts: string[] = [];
  // What is added while this goes on is visited too.
  for (const file of found) {
    const script = readFileSync(`${RENDERER}${file}`, 'utf8');
    texts.push(script);
    for (const [, imported = ''] of script.matchAll(
      /(?:from|^import|[;}]import)\s*["']\.\/([^"']+\.js)["']/g,
    ))
      found.add(`assets/${imported}`);
  }
  const sizes = texts.map((text) => gzipSync(text).length);
  return {
    files: [...found].map(
      (file, i) => `${file.replace('assets/', '')} ${((sizes[i] ?? 0) / 1000).toFixed(1)}`,
    ),
    kilobytes: sizes.reduce((sum, size) => sum + size, 0) / 1000,
    charts: texts.some((text) => /echarts|zrender/i.test(text)),
  };
}
