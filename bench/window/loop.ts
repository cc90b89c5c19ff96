/**
 * Event-loop delay of the coordinator while a window watches 200 results per second, a dataset is
 * imported and utilisation is sampled.
 */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoopReport, LongTurn } from '../../src/runtime/loop-probe.ts';
import type { BenchRow } from '../row.ts';
import { inTemporaryFolder } from '../temporary-folder.ts';
import { BIG, bigLab } from './big-lab.ts';
import { ask, freshPage, inBrowser, serveLab } from './serving.ts';
import { images, imported } from './take-in.ts';
import { watching, windowRow } from './trace.ts';
import { archived } from './upload.ts';

const GOAL_MS = 20;
const TRIAL_MS = 9;

export async function loop(trials: number, seconds: number): Promise<BenchRow[]> {
  return inTemporaryFolder(async (folder) => {
    const [lab, probe] = [join(folder, 'lab.db'), join(folder, 'loop.json')];
    copyFileSync(bigLab(trials, TRIAL_MS), lab);
    const { pngs, source } = images(folder);
    const serving = await serveLab(folder, lab, { GALAPAGOS_LOOP_PROBE: probe });
    let [from, until] = [0, 0];
    try {
      await inBrowser(async (browser) => {
        const { page } = await freshPage(browser);
        await page.goto(`${serving.link}#/study/${BIG}/trials`);
        await page.locator('[id^=trial-row-]').first().waitFor();
        await page.waitForFunction(
          (rows) =>
            document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') ===
            String(rows + 1),
          trials,
        );
        // The goal excludes opening a lab and starting workers.
        from = Date.now();
        await ask(page, 'addTrials', { study: BIG, trials: 1_000_000 });
        await watching(seconds)();
        await imported(page, [archived(pngs)], 'pngs');
        await watching(seconds)();
        until = Date.now();
      });
    } finally {
      await serving.close();
    }
    const report = JSON.parse(readFileSync(probe, 'utf8')) as LoopReport;
    const turns = report.long.filter(({ at, lateMs }) => at - lateMs >= from && at <= until);
    const blocked = ({ lateMs, waitedMs }: LongTurn): number => lateMs - (waitedMs ?? 0);
    const most = Math.max(0, ...turns.map(blocked));
    const over = turns.filter((turn) => blocked(turn) > GOAL_MS);
    const said = [
      `${turns.length} of ${report.turns.toLocaleString('en')} turns late by 5 ms or more, ${over.length} over the goal`,
      `longest (ms at second): ${longest(turns, blocked, from)}`,
      report.blockedMs === null
        ? 'waiting for a core counts, as this system does not tell it apart'
        : 'without waiting for a core',
      `${trials.toLocaleString('en')} trials, 2 workers, a window on them, 60,000 PNGs imported (${source})`,
    ];
    const ran = Math.max(0, ...turns.map(({ lateMs, ranMs }) => Math.min(lateMs, ranMs ?? lateMs)));
    return [
      windowRow(
        'event loop of the coordinator, longest block',
        most,
        'ms',
        `≤ ${GOAL_MS} ms`,
        most <= GOAL_MS,
        said.join('; '),
      ),
      windowRow(
        'the same, of what its thread ran',
        ran,
        'ms',
        '–',
        null,
        'the rest of a block is a system call, or another machine’s turn',
      ),
    ];
  });
}

function longest(
  turns: readonly LongTurn[],
  blocked: (turn: LongTurn) => number,
  from: number,
): string {
  const sorted = [...turns].sort((a, b) => blocked(b) - blocked(a)).slice(0, 5);
  return sorted
    .map(
      (turn) =>
        `${blocked(turn).toFixed(0)} (ran ${(turn.ranMs ?? NaN).toFixed(0)}) at ${((turn.at - from) / 1000).toFixed(1)}`,
    )
    .join(', ');
}
