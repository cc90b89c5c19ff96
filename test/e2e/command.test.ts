/** Tests studies of programs as a user runs them: values, pruning, interruption, errors. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readLab } from '../../src/storage/read-lab.ts';
import { built, start } from '../support/built-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';
import { gone } from '../support/worker-command.ts';

beforeAll(built);

describe('Studies of programs', () => {
  let folder: TemporaryFolder;
  let project: string;
  let home: string;
  beforeEach(() => {
    folder = temporaryFolder();
    project = join(folder.path, "my projet' é");
    home = join(folder.path, 'home');
    mkdirSync(project);
  });
  afterEach(() => folder.remove());

  function study(objective: object, more: object = {}): void {
    const file = {
      format: 'galapagos-study/1',
      name: 'mine',
      objective: { kind: 'command', ...objective },
      direction: 'minimize',
      searchSpace: { x: { type: 'float', low: -5, high: 5 }, y: { type: 'int', low: 0, high: 9 } },
      sampler: { name: 'random' },
      stop: { trials: 6 },
      seed: 3,
      ...more,
    };
    writeFileSync(join(project, 'study.json'), JSON.stringify(file));
  }

  const galapagos = (args: readonly string[]) =>
    start(args, project, undefined, { GALAPAGOS_HOME: home });

  function trials(lab = join(project, 'lab.db')) {
    const reader = readLab(lab);
    try {
      return [...reader.trials('mine')];
    } finally {
      reader.close();
    }
  }

  it('search the parameters of an unchanged shell script by what it prints', async () => {
    const script = join(project, 'train');
    writeFileSync(script, '#!/bin/sh\necho "loss: $(awk "BEGIN { print ($2 - 1) ^ 2 + $4 }")"\n');
    chmodSync(script, 0o755);
    study({ command: ['./train', '{params:flags}'], result: { stdout: 'loss: (.*)' } });
    const { code, stdout, stderr } = await galapagos(['run', 'study.json', '--workers', '2']).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('6 of 6 trials');
    for (const { value, params } of trials())
      expect(value).toBeCloseTo((Number(params['x']) - 1) ** 2 + Number(params['y']), 3);
    await expect.poll(() => readdirSync(join(home, 'runs'))).toEqual([]);
    expect(existsSync(join(home, 'checkpoints'))).toBe(true);
  });

  it('are paused where the first trials fail alike, and not again once they are resumed', async () => {
    study(
      {
        command: ['sh', '-c', 'echo "no such option: $1" >&2; exit 2', 'sh', '{x}'],
        result: { stdout: 'loss: (.*)' },
      },
      { stop: { trials: 40 } },
    );
    const run = ['run', 'study.json', '--workers', '1'];
    const paused = await galapagos(run).ended;
    expect(paused.code).toBe(1);
    const failures = trials().filter(({ state }) => state === 'failed').length;
    // The worker may end further trials while the study is being paused.
    expect(failures).toBeGreaterThanOrEqual(5);
    expect(failures).toBeLessThan(40);
    expect(paused.stdout).toMatch(
      /^Failed \(the first 5 trials failed alike: exit status 2: no such option: [^)]*\): /m,
    );
    expect(paused.stdout).toContain(`): ${failures} of 40 trials`);
    const resumed = await galapagos([...run, '--resume']).ended;
    expect(resumed.stdout).toContain('40 failed');
    // No trial has a value.
    expect(resumed.code).toBe(1);
  });

  it('are pruned by the reports of a program that reads its parameters from a file', async () => {
    writeFileSync(
      join(project, 'train.mjs'),
      `import { appendFileSync, existsSync, readFileSync } from 'node:fs';
       import { setTimeout } from 'node:timers/promises';
       const { GALAPAGOS_PARAMS, GALAPAGOS_REPORTS, GALAPAGOS_STOP, GALAPAGOS_TRIAL } = process.env;
       const { GALAPAGOS_PROJECT } = process.env;
       const { x } = JSON.parse(readFileSync(GALAPAGOS_PARAMS, 'utf8'));
       const say = (line) => appendFileSync(GALAPAGOS_REPORTS, JSON.stringify(line) + '\\n');
       process.on('SIGTERM', () => {
         appendFileSync(GALAPAGOS_PROJECT + '/stops', readFileSync(GALAPAGOS_STOP, 'utf8') + '\\n');
         process.exit(1);
       });
       const value = Number(GALAPAGOS_TRIAL) < 4 ? 0 : 100;
       for (let step = 0; step < 20; step++) say({ step, value });
       // A trial that is to be pruned waits for that.
       if (value > 0) await setTimeout(600_000);
       say({ result: value, metrics: { x } });`,
    );
    study(
      { command: [process.execPath, 'train.mjs'], epochs: 20 },
      { pruner: { name: 'median', startup: 4 } },
    );
    const { code, stdout, stderr } = await galapagos(['run', 'study.json', '--workers', '1']).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('2 pruned');
    expect(trials().map(({ state }) => state)).toEqual([
      ...Array.from({ length: 4 }, () => 'complete'),
      ...['pruned', 'pruned'],
    ]);
    expect(readFileSync(join(project, 'stops'), 'utf8')).toBe('pruned\npruned\n');
  });

  it('pause at rungs and go on from their own checkpoints, so that no epoch is trained twice', async () => {
    writeFileSync(
      join(project, 'train.mjs'),
      `import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
       const { GALAPAGOS_CHECKPOINT_DIR, GALAPAGOS_PROJECT, GALAPAGOS_TRIAL } = process.env;
       const { GALAPAGOS_FROM_EPOCH, GALAPAGOS_UNTIL_EPOCH } = process.env;
       const file = GALAPAGOS_CHECKPOINT_DIR + '/epochs';
       const trained = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
       if (trained !== Number(GALAPAGOS_FROM_EPOCH)) throw new Error('another checkpoint');
       for (let epoch = trained; epoch < Number(GALAPAGOS_UNTIL_EPOCH); epoch++) {
         appendFileSync(GALAPAGOS_PROJECT + '/trained', GALAPAGOS_TRIAL + ':' + epoch + '\\n');
         console.log('loss=' + (Number(GALAPAGOS_TRIAL) + 1 / (epoch + 1)));
         writeFileSync(file, String(epoch + 1));
       }`,
    );
    const rule = { stdout: 'loss=(.*)' };
    study(
      { command: [process.execPath, 'train.mjs'], epochs: 9, result: rule, reports: rule },
      { pruner: { name: 'asha-promotion', first: 1, eta: 3 }, stop: { trials: 9 } },
    );
    const { code, stderr } = await galapagos(['run', 'study.json', '--workers', '2']).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const trained = readFileSync(join(project, 'trained'), 'utf8').trim().split('\n');
    expect(new Set(trained).size).toBe(trained.length);
    const ended = trials();
    expect(ended[0]).toMatchObject({ state: 'complete', value: 1 / 9 });
    expect(ended.slice(1).map(({ state }) => state)).toContain('pruned');
    for (const { number, state } of ended) {
      const epochs = trained.filter((line) => line.startsWith(`${number}:`)).length;
      expect(state === 'complete' ? [9] : [1, 3]).toContain(epochs);
    }
  });

  it('of population-based training start from copies of the checkpoints of better trials', async () => {
    writeFileSync(
      join(project, 'train.mjs'),
      `import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
       const { GALAPAGOS_CHECKPOINT_DIR, GALAPAGOS_PROJECT, GALAPAGOS_TRIAL } = process.env;
       const { GALAPAGOS_FROM_EPOCH, GALAPAGOS_UNTIL_EPOCH, GALAPAGOS_PARAM_x } = process.env;
       const file = GALAPAGOS_CHECKPOINT_DIR + '/history';
       const history = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
       if (history.length !== Number(GALAPAGOS_FROM_EPOCH)) throw new Error('another checkpoint');
       while (history.length < Number(GALAPAGOS_UNTIL_EPOCH)) {
         history.push(Number(GALAPAGOS_TRIAL));
         console.log('loss=' + Math.abs(Number(GALAPAGOS_PARAM_x)) / history.length);
       }
       writeFileSync(file, JSON.stringify(history));
       appendFileSync(GALAPAGOS_PROJECT + '/histories', JSON.stringify(history) + '\\n');`,
    );
    const rule = { stdout: 'loss=(.*)' };
    study(
      { command: [process.execPath, 'train.mjs'], epochs: 3, result: rule, reports: rule },
      { sampler: { name: 'pbt', population: 4, interval: 1 }, stop: { trials: 12 } },
    );
    // With one worker the best has always reached the round of the worst, which then copies it.
    const { code, stderr } = await galapagos(['run', 'study.json', '--workers', '1']).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(trials().map(({ state }) => state)).toEqual(
      Array.from({ length: 12 }, () => 'complete'),
    );
    const histories = readFileSync(join(project, 'histories'), 'utf8').trim().split('\n');
    const last = histories.map((line) => JSON.parse(line) as number[]).filter((each) => each[2]);
    expect(last).toHaveLength(4);
    // One of the first round has several descendants: its checkpoint was copied.
    expect(new Set(last.map(([first]) => first)).size).toBeLessThan(4);
  });

  it('keep the value of a variable that is passed on out of every file', async () => {
    const secret = 'hf_b7Q2nW9xTz';
    const script = 'test "$(echo "$TOKEN" | wc -c)" = 14 && echo "v={x}"';
    study({
      command: ['sh', '-c', script],
      env: { TOKEN: null },
      result: { stdout: 'v=(.*)' },
      keep: { checkpoints: 'all' },
    });
    const env = { GALAPAGOS_HOME: home, TOKEN: secret, OTHER_SECRET: secret };
    const run = start(['run', 'study.json', '--export', 'best.json'], project, undefined, env);
    const { code, stdout, stderr } = await run.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(trials().map(({ state }) => state)).toEqual(Array.from({ length: 6 }, () => 'complete'));
    expect(stdout).not.toContain(secret);
    const files = readdirSync(folder.path, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => join(each.parentPath, each.name));
    expect(files.some((file) => file.endsWith('lab.db'))).toBe(true);
    expect(files.filter((file) => readFileSync(file).includes(secret))).toEqual([]);
  });

  it('leave no program behind when the run is killed, and go on afterwards', async () => {
    study({
      command: [
        'sh',
        '-c',
        'trap "" TERM; cd "$GALAPAGOS_PROJECT"; echo $$ >> pids; test -e go || sleep 1000; echo v=1',
      ],
      result: { stdout: 'v=(.)' },
    });
    const life = galapagos(['run', 'study.json', '--workers', '2']);
    const pids = (): number[] => {
      const file = join(project, 'pids');
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
    };
    await expect.poll(() => pids().length).toBe(2);
    life.process.kill('SIGKILL');
    await life.ended;
    for (const pid of pids()) await gone(pid, 60_000);
    writeFileSync(join(project, 'go'), '');
    const resumed = await galapagos(['run', 'study.json', '--workers', '2', '--resume']).ended;
    expect(resumed).toMatchObject({ code: 0, stderr: '' });
    expect(trials().map(({ state }) => state)).toEqual(Array.from({ length: 6 }, () => 'complete'));
    await expect.poll(() => readdirSync(join(home, 'runs'))).toEqual([]);
  });

  it('show what a trial printed, also while it runs, and the command that runs the best again', async () => {
    study({
      command: [
        'sh',
        '-c',
        'cd "${{GALAPAGOS_PROJECT:-.}}"; echo first; while ! test -e go; do sleep 0.02; done; echo v={x}',
      ],
      result: { stdout: 'v=(.*)' },
    });
    const run = galapagos(['run', 'study.json', '--workers', '1']);
    const log = (): string => {
      const [uid = ''] = existsSync(join(home, 'output')) ? readdirSync(join(home, 'output')) : [];
      const file = join(home, 'output', uid, '0', '1.log');
      return uid !== '' && existsSync(file) ? readFileSync(file, 'utf8') : '';
    };
    await expect.poll(log).toBe('first\n');
    const followed: string[] = [];
    const following = start(
      ['logs', 'mine', '0', '--follow'],
      project,
      (line) => {
        followed.push(line);
        if (line === 'first') writeFileSync(join(project, 'go'), '');
      },
      { GALAPAGOS_HOME: home },
    );
    expect((await following.ended).code).toBe(0);
    expect((await run.ended).stdout).toContain('again with:');
    expect(followed).toEqual(['first', `v=${String(trials()[0]?.params['x'])}`]);
    const { stdout } = await galapagos(['logs', 'mine', '0', '--json']).ended;
    expect(JSON.parse(stdout)).toEqual({ trial: 0, attempt: 1, omitted: 0, lines: followed });
    expect(await galapagos(['logs', 'mine', '77']).ended).toMatchObject({
      code: 2,
      stderr: 'galapagos: mine has no trial 77\n',
    });
    const best = JSON.parse((await galapagos(['best', 'mine', '--json']).ended).stdout) as {
      best: { command: string; params: { x: number } }[];
    };
    const champion = execFileSync('/bin/sh', ['-c', best.best[0]?.command ?? ''], {
      encoding: 'utf8',
    });
    expect(champion).toBe(`first\nv=${String(best.best[0]?.params.x)}\n`);
    expect((await galapagos(['show', 'mine']).ended).stdout).toContain('run again  cd ');
    const checked = await galapagos(['check', 'study.json']).ended;
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    expect(checked.stdout).toMatch(
      /no problems found\.\nNote: the command does not contain y.*\n.*\ncd /,
    );
  });

  it('have names of any letters for files and folders, and output of any bytes', async ({
    skip,
  }) => {
    skip(process.platform === 'win32', 'Windows forbids such names');
    const name = 'C:\\x y\'s "é" -n';
    const working = join(project, name, '日本 語');
    mkdirSync(working, { recursive: true });
    const latin = Buffer.from('na\xefve caf\xe9\n', 'latin1');
    const long = 'é'.repeat(60);
    const bytes = [latin, Buffer.from(`${long}\n`.repeat(60)), Buffer.from([255, 128, 10])];
    writeFileSync(join(working, name), Buffer.concat(bytes));
    writeFileSync(
      join(working, 'show.sh'),
      'cat -- "$1" || exit 3; touch "$2/$1" "$GALAPAGOS_CHECKPOINT_DIR/$1"; printf "%s|" "$@"; echo; echo "v=$3"\n',
    );
    study({
      command: ['sh', 'show.sh', name, '{trialDir}', '{y}', 'C:\\x "y" \'z\' $HOME {{é}}\\'],
      folder: `${name}/日本 語`,
      result: { stdout: 'v=(.*)' },
      env: { ODD: name },
      keep: { outputMb: 0.01, checkpoints: 'all' },
    });
    writeFileSync(join(project, `${name}.json`), readFileSync(join(project, 'study.json')));
    const run = ['run', `${name}.json`, '--workers', '1', '--lab', `${name}.db`];
    expect(await galapagos(run).ended).toMatchObject({ code: 0, stderr: '' });
    const lab = ['--lab', `${name}.db`];
    const { stdout } = await galapagos(['logs', 'mine', '0', ...lab]).ended;
    const lines = stdout.split('\n');
    expect(lines.slice(0, 62)).toEqual(['naïve café', ...Array<string>(60).fill(long), 'ÿ€']);
    const json = (await galapagos(['logs', 'mine', '0', '--json', ...lab]).ended).stdout;
    const parts = json.split('\n').map((part) => JSON.parse(part) as { lines: string[] });
    expect(parts.flatMap((part) => part.lines)).toEqual(lines);
    const best = JSON.parse((await galapagos(['best', 'mine', '--json', ...lab]).ended).stdout) as {
      best: { command: string; trial: number; params: { y: number } }[];
    };
    const { command = '', params } = best.best[0] ?? {};
    const argument = (text: string): string =>
      text.split('\n').find((line) => line.startsWith(name)) ?? '';
    const again = execFileSync('/bin/sh', ['-c', command], {
      encoding: 'utf8',
      env: { ...process.env, GALAPAGOS_CHECKPOINT_DIR: home },
    });
    expect(argument(again).split('|').slice(2)).toEqual([
      String(params?.y),
      'C:\\x "y" \'z\' $HOME {é}\\',
      '',
    ]);
  });

  it('run the examples of the docs in R and Julia', async ({ skip }) => {
    const docs = readFileSync(join(import.meta.dirname, '../../docs/scripts.md'), 'utf8');
    const languages = [
      { name: 'r', program: 'Rscript', fit: 'fit <- function(lr) (lr - 0.3)^2' },
      { name: 'julia', program: 'julia', fit: 'fit(lr) = (lr - 0.3)^2' },
    ].filter(({ program }) => spawnSync(program, ['--version']).status === 0);
    skip(languages.length === 0, 'there is neither Rscript nor julia');
    for (const { name, program, fit } of languages) {
      const [, code = ''] = new RegExp(`\`\`\`${name}\n(.*?)\`\`\``, 's').exec(docs) ?? [];
      writeFileSync(join(project, `train.${name}`), `${fit}\n${code}`);
      study(
        { command: [program, `train.${name}`] },
        {
          name: 'mine',
          searchSpace: { learningRate: { type: 'float', low: 0, high: 1 } },
          stop: { trials: 2 },
        },
      );
      const lab = join(project, `${name}.db`);
      const run = ['run', 'study.json', '--workers', '1', '--lab', lab];
      expect(await galapagos(run).ended).toMatchObject({ code: 0, stderr: '' });
      for (const { value, params } of trials(lab))
        expect(value).toBeCloseTo((Number(params['learningRate']) - 0.3) ** 2, 12);
    }
  });

  it('show every problem of the study file before a trial starts', async () => {
    study({ command: ['no-such', '{z}'], folder: '..', result: { stdout: 'x' } });
    const { code, stderr } = await galapagos(['run', 'study.json']).ended;
    expect(code).toBe(2);
    expect(stderr.match(/study\.json: objective\.\S+/g)).toEqual([
      'study.json: objective.command[1]:',
      'study.json: objective.folder:',
      'study.json: objective.result.stdout:',
    ]);
    expect(existsSync(join(project, 'lab.db'))).toBe(false);
  });
});
