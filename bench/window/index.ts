/**
 * `npm run bench -- window [part …]`: measures the performance goals of the window in a real
 * browser on the built server. Parts: paint, large, loop, flat, import, output. `--minutes N` of
 * watching for `flat`, `--seconds N` for each series of frames, `--trials N` in the large lab.
 */
import { parseArgs } from 'node:util';
import type { BenchRow } from '../row.ts';
import { flat } from './flat.ts';
import { large } from './large.ts';
import { loop } from './loop.ts';
import { output } from './output.ts';
import { paint } from './paint.ts';
import { withoutBrowser } from './serving.ts';
import { takeIn } from './take-in.ts';

export interface WindowRun {
  readonly rows: readonly BenchRow[];
  readonly json: boolean;
  readonly save: boolean;
}

/** Null: it cannot run; the reason was printed. */
export async function windowBench(args: readonly string[]): Promise<WindowRun | null> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '10' },
      seconds: { type: 'string', default: '8' },
      trials: { type: 'string', default: '100000' },
    },
  });
  const [minutes, seconds, trials] = [
    Number(values.minutes),
    Number(values.seconds),
    Number(values.trials),
  ];
  const parts: Readonly<Record<string, () => Promise<BenchRow[]>>> = {
    paint,
    large: () => large({ trials, seconds }),
    loop: () => loop(trials, seconds),
    flat: () => flat(minutes),
    import: takeIn,
    output: () => output(seconds),
  };
  const names = positionals.length > 0 ? positionals : Object.keys(parts);
  const unknown = names.filter((name) => !(name in parts));
  const reason =
    unknown.length > 0
      ? `no part named ${unknown.join(', ')}; there are: ${Object.keys(parts).join(', ')}`
      : withoutBrowser();
  if (reason !== null) {
    process.stderr.write(`${reason}\n`);
    return null;
  }
  const rows: BenchRow[] = [];
  for (const name of names) {
    process.stderr.write(`window ${name} …\n`);
    rows.push(...((await parts[name]?.()) ?? []));
  }
  return { rows, json: values.json, save: values.save };
}
