/**
 * Galapagos for Windows under wine, which is not Windows: wine has no junctions, and its taskkill
 * ends no descendants. Takes a minute and a half on a busy machine, where each start of Node under
 * wine takes seconds.
 */
import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { built, command } from '../support/built-command.ts';
import { skipIf } from '../support/platform.ts';
import { Wine, noWine, windowsPath } from '../support/wine.ts';

const reason = noWine();
let wine: Wine;
beforeAll(async () => {
  await built();
  if (reason === null) wine = new Wine();
});
afterAll(() => {
  if (reason === null) wine.remove();
});
beforeEach((context) => skipIf(reason, context));

/** Writes a study of a program with one parameter, x. @returns the file's path for wine */
function study(name: string, objective: object, trials: number): string {
  const file = wine.write(
    `${name} ü/study.json`,
    JSON.stringify({
      ...{ format: 'galapagos-study/1', name, direction: 'minimize', seed: 1 },
      objective: { kind: 'command', ...objective },
      searchSpace: { x: { type: 'float', low: -5, high: 5 } },
      sampler: { name: 'random' },
      stop: { trials },
    }),
  );
  return windowsPath(file);
}

const lab = (name: string): string => windowsPath(wine.file(`${name}.db`));
const best = z.looseObject({ best: z.array(z.looseObject({ value: z.number() })) });

describe('Galapagos for Windows, under wine', () => {
  it('finds all that it needs', async () => {
    const { code, stdout } = await wine.run('doctor');
    expect(stdout).toMatch(/^ok +libsql: loads\nok +zeromq: loads$/m);
    expect(stdout).toMatch(/This machine can run Galapagos\.\n$/);
    expect(code).toBe(0);
  });

  it('trains the main job with the same results as here, to the last bit', async () => {
    const job = ['run', 'paper-mnist-evolution', '--trials', '4', '--workers', '2'];
    const inWine = wine.file('best-wine.json');
    const here = wine.file('best-here.json');
    const ended = await wine.run(...job, '--lab', lab('m'), '--export', windowsPath(inWine));
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    await command([...job, '--lab', wine.file('h.db'), '--export', here], wine.file(''));
    const [first, second] = [inWine, here].map((file) =>
      best.parse(JSON.parse(readFileSync(file, 'utf8'))),
    );
    expect(first?.best).toHaveLength(4);
    expect(first).toEqual(second);
  });

  it('gives programs and batch files their arguments as they are', async () => {
    const fixed = ['a b', 'say "hi"', 'end\\', '^&|<>', 'ü→', ''];
    const objective = {
      command: ['./go on.bat', '{x}', ...fixed],
      result: { stdout: String.raw`v=(.*)` },
    };
    const file = study('batch', objective, 2);
    wine.write(
      'batch ü/show.cjs',
      `const [x, ...rest] = process.argv.slice(2); console.log(JSON.stringify(rest));
       process.stdout.write('v=' + x + '\\r\\n');`,
    );
    wine.write('batch ü/go on.bat', '@echo off\r\nnode "%~dp0show.cjs" %*\r\n');
    const ended = await wine.run('run', file, '--workers', '2', '--lab', lab('b'));
    expect(ended.stdout).toMatch(/2 of 2 trials in/);
    const { stdout } = await wine.run('logs', 'batch', '0', '--lab', lab('b'));
    expect(stdout).toMatch(/^(galapagos: .*\n)*\[.*\]\nv=-?\d/);
    expect(JSON.parse(/^\[.*\]$/m.exec(stdout)?.[0] ?? '')).toEqual(fixed);
  });

  it('asks a program to end by the file, and ends one that does not by force', async () => {
    wine.write(
      'end ü/wait.cjs',
      `const { existsSync, readFileSync } = require('fs'); console.log('ready');
       setInterval(() => {
         if (process.argv[2] !== 'polite' || !existsSync(process.env.GALAPAGOS_STOP)) return;
         console.log(readFileSync(process.env.GALAPAGOS_STOP, 'utf8'));
         process.exit(0);
       }, 50);`,
    );
    for (const [manner, graceSeconds, printed] of [
      ['polite', 60, 'ready\ntimedOut\n'],
      ['stubborn', 0.5, 'ready\n'],
    ] as const) {
      const objective = {
        command: ['node', 'wait.cjs', manner],
        timeoutMinutes: 0.05,
        graceSeconds,
      };
      const file = study('end', { ...objective, result: { stdout: '(.*)' } }, 1);
      const ended = await wine.run('run', file, '--workers', '1', '--lab', lab(manner));
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(ended.stdout).toMatch(/trial 0 {2}failed: it ran longer than 0\.05 minutes/);
      const { stdout } = await wine.run('logs', 'end', '0', '--lab', lab(manner));
      expect(stdout.replaceAll(/^galapagos: .*\n/gm, '')).toBe(printed);
      rmSync(wine.file('end ü/study.json'));
    }
  });

  it('resumes a study whose command was killed, without losing a trial', async () => {
    const objective = { command: ['cmd', '/c', 'echo v={x}'], result: { stdout: 'v=(.*)' } };
    const file = study('killed', objective, 8);
    const running = wine.start('run', file, '--workers', '2', '--lab', lab('k'));
    const finished = (): number =>
      readFileSync(running.stdout, 'utf8').match(/^trial \d+ {2}-?\d/gm)?.length ?? 0;
    await expect.poll(finished, { timeout: 120_000 }).toBeGreaterThanOrEqual(2);
    running.kill();
    await running.ended;
    const { stdout } = await wine.run('run', 'killed', '--resume', '--lab', lab('k'));
    expect(stdout).toMatch(/8 of 8 trials in/);
    expect((await wine.run('check', lab('k'))).stdout).toMatch(/no problems found/);
    const trials = await wine.run('trials', 'killed', '--lab', lab('k'), '--json');
    expect(trials.stdout.match(/^\{"trial":\d+,"state":"complete"/gm)).toHaveLength(8);
  });
});
