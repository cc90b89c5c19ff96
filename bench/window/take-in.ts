/**
 * Imports 60,000 images through the window: class folders of PNGs (in one archive, as browsers
 * upload them) and CIFAR-10's binary files, and measures the window's frames meanwhile. The
 * benchmark `import` imports plain folders by the command. `GALAPAGOS_CIFAR10` names a folder with
 * the binary files; without it, images of the same size and number are generated.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { BATCH_FILES, IMAGES, waveBatches, writeImages } from '../images.ts';
import type { BenchRow } from '../row.ts';
import { inTemporaryFolder } from '../temporary-folder.ts';
import { percentile } from './frames.ts';
import { ask, freshPage, inBrowser, serveLab } from './serving.ts';
import { windowRow } from './trace.ts';
import { archived, uploaded } from './upload.ts';

const NAMED = 'GALAPAGOS_CIFAR10';

export async function takeIn(): Promise<BenchRow[]> {
  return inTemporaryFolder(async (folder) => {
    const { source, pngs, cifar } = images(folder);
    const serving = await serveLab(folder);
    try {
      return await inBrowser(async (browser) => {
        const { page } = await freshPage(browser);
        await page.goto(`${serving.link}#/datasets`);
        const png = await imported(page, [archived(pngs)], 'pngs');
        const binary = await imported(
          page,
          BATCH_FILES.map((file) => join(cifar, file)),
          'binary',
        );
        const rate = IMAGES / png.seconds;
        const frames = [...png.frames, ...binary.frames];
        const [p95, most] = [percentile(frames, 0.95), Math.max(...frames)];
        return [
          windowRow(
            '60,000 PNGs in class folders in an archive, imported by the window',
            rate,
            'images/s',
            '≥ 5,000 images/s',
            rate >= 5000,
            `${png.seconds.toFixed(1)} s; ${source}`,
          ),
          windowRow(
            'the same as CIFAR-10 binary files',
            binary.seconds,
            's',
            '≤ 5 s',
            binary.seconds <= 5,
            source,
          ),
          windowRow(
            'frame to frame of the window meanwhile, p95',
            p95,
            'ms',
            '≤ 50 ms',
            p95 <= 50,
            `${frames.length} frames, longest ${most.toFixed(0)} ms (software rasteriser)`,
          ),
        ];
      });
    } finally {
      await serving.close();
    }
  });
}

export function images(folder: string): {
  readonly source: string;
  readonly pngs: string;
  readonly cifar: string;
} {
  const [pngs, cifar] = [join(folder, 'pngs'), join(folder, 'cifar')];
  const given = process.env[NAMED] ?? '';
  writeImages(given === '' ? waveBatches() : batchesIn(given), { cifar, pngs });
  return {
    pngs,
    cifar,
    source:
      given === ''
        ? `drawn images: ${NAMED} names no folder with CIFAR-10’s binary files`
        : 'CIFAR-10',
  };
}

function* batchesIn(folder: string): Generator<Buffer> {
  for (const file of BATCH_FILES) yield readFileSync(join(folder, file));
}

interface Imported {
  /** From the request until it was stored. */
  readonly seconds: number;
  /** Milliseconds from frame to frame. */
  readonly frames: readonly number[];
}

/** By the endpoints that the window calls when a folder is chosen; the preview counts as well. */
export async function imported(
  page: Page,
  files: readonly string[],
  name: string,
): Promise<Imported> {
  const upload = await uploaded(page, files);
  // No function with a name: the compiler would mark it with one of its own, which the page has
  // not.
  await page.evaluate(() => {
    const frames: number[] = [];
    Object.assign(window, { seenFrames: frames });
    void (async () => {
      let last = performance.now();
      while (frames.length < 100_000) {
        const at = await new Promise<number>(requestAnimationFrame);
        frames.push(at - last);
        last = at;
      }
    })();
  });
  const begun = performance.now();
  const { import: id } = await ask(page, 'beginImport', {
    source: { kind: 'upload', upload },
    label: name,
    options: {},
  });
  for (;;) {
    try {
      await ask(page, 'storeImport', { import: id, name, replace: true });
      break;
    } catch (error) {
      if (!String(error).includes('import-not-ready')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  const seconds = (performance.now() - begun) / 1000;
  const frames = await page.evaluate(
    () => (window as unknown as { seenFrames: number[] }).seenFrames,
  );
  return { seconds, frames };
}
