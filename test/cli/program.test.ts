import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { z } from 'zod';
import { runCli } from '../../src/cli/program.ts';
import type { ResolvedRun, RunStudy } from '../../src/cli/run/resolved-run.ts';
import { bestConfigs } from '../../src/protocol/best-configs.ts';
import {
  checkOutput,
  doctorOutput,
  errorOutput,
  exportOutput,
  showOutput,
  storyOutput,
  studiesOutput,
  trialOutput,
} from '../../src/protocol/cli-output.ts';
import { deviceList } from '../../src/protocol/device-list.ts';
import { simulationOutput } from '../../src/protocol/simulation-file.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { foreignly } from '../support/foreign-program.ts';
import {
  createStudy,
  endAttempt,
  propose,
  spec,
  start,
  succeed,
  UID,
} from '../support/lab-writes.ts';
import { noModes, skipIf } from '../support/platform.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
let asked: ResolvedRun | null;
beforeEach(() => {
  folder = temporaryFolder();
  asked = null;
});
afterEach(() => folder.remove());

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process, in the test's folder. */
async function cli(...args: string[]): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const stdout = Object.assign(
    new Writable({
      write: (chunk: Buffer, _, done) => {
        out.push(chunk.toString());
        done();
      },
    }),
    { columns: 80, rows: 24 },
  );
  const runStudy: RunStudy = (run) => {
    asked = run;
    return Promise.resolve(130);
  };
  const streams = {
    stdin: Readable.from([]),
    stdout,
    stderr: { write: (text: string) => err.push(text) },
    env: {},
    cwd: folder.path,
  };
  const code = await runCli(args, streams, { runStudy });
  return { code, out: out.join(''), err: err.join('') };
}

/** Five trials complete, the sixth lost once and running again, the seventh waiting. */
function makeLab(file = folder.file('lab.db')): void {
  const lab = openLab(file, { create: true });
  lab.commit([
    [createStudy()],
    ...[0, 1, 2, 3, 4].flatMap((number) => [
      [propose(number)],
      [start(number)],
      succeed(number, number, 5 - number),
    ]),
    [propose(5)],
    [start(5)],
    [
      endAttempt(5, 1, 'lost'),
      {
        op: 'trialBack',
        uid: UID,
        number: 5,
        crashes: 0,
        deaths: 1,
        memoryFailures: 0,
        laneCap: 0,
      },
    ],
    [start(5, 2)],
    [propose(6)],
  ]);
  lab.close();
}

const commands = [
  'run',
  'studies',
  'show',
  'trials',
  'best',
  'export',
  'story',
  'config',
  'check',
  'enqueue',
  'init',
  'python',
  'ask-tell',
  'simulate',
  'datasets',
  'devices',
  'doctor',
  'backend',
];

describe('Command line: help', () => {
  test('names every command', async () => {
    const { code, out, err } = await cli('--help');
    expect([code, err]).toEqual([0, '']);
    for (const command of commands) expect(out).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(out).toContain('\nHelp:\n  help [command]');
    expect(out).not.toContain('\nCommands:');
    expect(out).toContain(
      'Exit codes: 0 success, 1 failure, 2 invalid usage or input, 130 interrupted.',
    );
  });

  test.each(commands)('%s --help has options, --json and examples', async (command) => {
    const { code, out, err } = await cli(command, '--help');
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(`Usage: galapagos ${command}`);
    expect(out).toContain('--json');
    expect(out).toMatch(/Examples?:\n {2}\S/);
  });

  test.each(['', ...commands])(
    'of "%s" has no line longer than 80 columns except single words',
    async (command) => {
      const { out } = await cli(...(command === '' ? [] : [command]), '--help');
      expect(
        out.split('\n').filter((line) => line.length > 80 && line.trim().includes(' ')),
      ).toEqual([]);
    },
  );

  test('Command line: prints the version of package.json', async () => {
    const { version } = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
    ) as { version: string };
    expect(await cli('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });
});

describe('Command line: exits with 2 and a sentence, without output, for an invalid command line', () => {
  test.each([
    [[], 'no command given'],
    [['rnu'], "unknown command 'rnu' (Did you mean run?)"],
    [['nodes', 'drian', 'PIXEL'], "unknown command 'drian' of nodes: did you mean drain?"],
    [['invite', 'x'], "unknown command 'x' of invite: expected one of "],
    [['run'], "missing required argument 'study'"],
    [['run', 'sphere', '--wrokers', '2'], "unknown option '--wrokers' (Did you mean --workers?)"],
    [
      ['run', 'sphere', '--workers', '0'],
      '--workers: expected an integer ≥ 1, or 0 together with --share, found 0',
    ],
    [['run', 'sphere', '--minutes', '-1'], 'Expected a number > 0, found "-1"; see'],
    [['run', 'minst'], 'there is no preset "minst". Did you mean mnist?'],
    [
      ['run', 'sphere', '--sampler', 'grid'],
      'preset sphere with the flags given: sampler: expected a finite number of values',
    ],
    [['run', './no.json'], 'there is no file ./no.json'],
    [['export', 'mnist', '--format', 'xml'], 'Allowed choices are json, csv; see'],
    [['simulate', '--duration', 'long'], 'Expected a duration such as 200ms'],
    [['simulate', '--objective', 'spere'], 'Allowed choices are sphere'],
    [['simulate', '--file', 'no.json'], 'cannot read the simulation file no.json'],
    [['simulate', '--crash-rate', '0.6', '--loss-rate', '0.6'], 'lossRate: expected at most 0.4'],
    [['studies'], 'there is no such lab file'],
    [['story', 'x', '-1'], 'Expected an integer ≥ 0, found "-1"'],
  ])('%j', async (args, sentence) => {
    const { code, out, err } = await cli(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(sentence);
    expect(err.startsWith('galapagos: ')).toBe(true);
  });

  test('as one JSON object on stderr with --json', async () => {
    for (const args of [
      ['run', 'minst', '--json'],
      ['studies', '--json'],
      ['rnu', '--json'],
    ]) {
      const { code, err } = await cli(...args);
      expect(code).toBe(2);
      expect(errorOutput.parse(JSON.parse(err)).error.message).not.toBe('');
    }
  });

  test('with every problem of a study file at once', async () => {
    writeFileSync(folder.file('s.json'), '{"format":"galapagos-study/1","name":"x","seed":-1}');
    const { code, err } = await cli('run', 's.json', '--json');
    expect(code).toBe(2);
    const { problems } = errorOutput.parse(JSON.parse(err)).error;
    expect(problems.map(({ path }) => path).sort()).toEqual([
      'direction',
      'objective',
      'searchSpace',
      'seed',
      'stop',
    ]);
  });
});

describe('Command line: run resolves its arguments', () => {
  test('without flags', async () => {
    const { code } = await cli('run', 'sphere');
    expect(code).toBe(130);
    expect(asked).toMatchObject({
      named: 'sphere',
      workers: null,
      lab: folder.file('lab.db'),
      exportTo: null,
      resume: false,
      resumeCommand: 'galapagos run sphere --lab lab.db --resume',
    });
  });

  test('with all flags', async () => {
    await cli(
      ...'run sphere --workers 3 --trials 9 --minutes 2 --target .5 --sampler random --seed 4 --lab a.db --export b.json --resume'.split(
        ' ',
      ),
    );
    expect(asked).toMatchObject({
      spec: { sampler: { name: 'random' }, seed: 4 },
      limits: { trials: 9, activeMs: 120_000, target: 0.5 },
      workers: 3,
      lab: folder.file('a.db'),
      exportTo: folder.file('b.json'),
      resume: true,
    });
    expect(asked!.resumeCommand).toContain(
      '--trials 9 --minutes 2 --target 0.5 --sampler random --seed 4',
    );
  });
});

describe('Command line: reading a lab file', () => {
  beforeEach(() => makeLab());

  test('says that a study without training has no model to export', async () => {
    const { code, err } = await cli('export', UID, '--onnx', 'a.onnx');
    expect([code, err]).toEqual([
      2,
      `galapagos: ${spec.name} trains no network: its objective is synthetic\n`,
    ]);
  });
  const parsed = async <Schema extends z.ZodType>(
    schema: Schema,
    ...args: string[]
  ): Promise<z.output<Schema>> => {
    const { code, out, err } = await cli(...args, '--json');
    expect([code, err]).toEqual([0, '']);
    return schema.parse(JSON.parse(out));
  };

  test('lists the studies', async () => {
    const { studies } = await parsed(studiesOutput, 'studies');
    expect(studies).toMatchObject([
      {
        name: spec.name,
        uid: UID,
        counts: { waiting: 1, running: 1, complete: 5 },
        best: { trial: 4, value: 1 },
        limits: { trials: 64 },
      },
    ]);
    expect((await cli('studies')).out).toContain(spec.name);
  });

  test('shows a study, by name and by uid', async () => {
    const { study, searched } = await parsed(showOutput, 'show', UID);
    expect(study.name).toBe(spec.name);
    expect(searched).toMatchObject({ sampler: spec.sampler, seed: 7 });
    expect((await cli('show', spec.name)).out).toContain('1 waiting, 1 running, 5 complete');
  });

  test('prints one line for each trial, in number order', async () => {
    const { out } = await cli('trials', spec.name, '--json');
    const trials = out
      .trimEnd()
      .split('\n')
      .map((line) => trialOutput.parse(JSON.parse(line)));
    expect(trials.map(({ trial, state }) => [trial, state])).toEqual([
      ...[0, 1, 2, 3, 4].map((number) => [number, 'complete']),
      [5, 'running'],
      [6, 'waiting'],
    ]);
    expect(trials[0]).toMatchObject({
      value: 5,
      params: { units: 16, activation: 'relu' },
      lineage: { operator: 'uniform' },
      attempts: 1,
    });
    expect((await cli('trials', spec.name)).out.split('\n')[0]).toMatch(
      /^trial 0 {2}5\.000 {2}learningRate/,
    );
  });

  test('ranks best and export by the direction, at most --top', async () => {
    const configs = await parsed(bestConfigs, 'best', spec.name, '--top', '2');
    expect(configs.best.map(({ rank, trial, value }) => [rank, trial, value])).toEqual([
      [1, 4, 1],
      [2, 3, 2],
    ]);
    expect((await cli('best', spec.name)).out).toMatch(/^rank +trial +value/);
    expect(bestConfigs.parse(JSON.parse((await cli('export', spec.name)).out)).best).toHaveLength(
      5,
    );
    expect((await cli('export', spec.name, '--format', 'csv')).out).toMatch(
      /^rank,trial,value,metric,split,learningRate/,
    );
    expect(await parsed(exportOutput, 'export', spec.name, '--output', 'b.json')).toEqual({
      file: 'b.json',
      configurations: 5,
    });
    expect(bestConfigs.parse(JSON.parse(readFileSync(folder.file('b.json'), 'utf8'))).study).toBe(
      spec.name,
    );
  });

  test('tells the story with attempts and causes', async () => {
    const story = await parsed(storyOutput, 'story', spec.name, '5');
    expect(
      story.attempts.map(({ attemptNumber, outcome, detail }) => [attemptNumber, outcome, detail]),
    ).toEqual([
      [1, 'lost', 'silent'],
      [2, null, null],
    ]);
    expect((await cli('story', spec.name, '0')).out).not.toContain('trial 0 ended');
    expect((await cli('story', spec.name, '0', '--verbose')).out).toContain('trial 0 ended');
  });

  test('names unknown studies and trials with the existing ones', async () => {
    expect(await cli('show', 'nobody')).toEqual({
      code: 2,
      out: '',
      err: `galapagos: lab.db contains no study "nobody": it contains ${spec.name}\n`,
    });
    expect((await cli('story', spec.name, '99')).err).toBe(
      `galapagos: ${spec.name} has no trial 99: it has trials 0 … 6\n`,
    );
  });

  test('refuses a file that is not a lab and leaves it unchanged', async () => {
    writeFileSync(folder.file('x.db'), 'this is a letter, not a database');
    const { code, err } = await cli('studies', '--lab', 'x.db');
    expect(code).toBe(2);
    expect(err).toContain('x.db');
    expect(readFileSync(folder.file('x.db'), 'utf8')).toBe('this is a letter, not a database');
  });
});

describe('Command line: simulate', () => {
  test('lets flags override the file; the same seed gives the same result', async () => {
    writeFileSync(
      folder.file('s.json'),
      JSON.stringify({
        format: 'galapagos-simulation/1',
        workers: 3,
        trials: 20,
        sampler: { name: 'random' },
        seed: 5,
      }),
    );
    const first = await cli('simulate', '--file', 's.json', '--workers', '2', '--json');
    const output = simulationOutput.parse(JSON.parse(first.out));
    expect(output).toMatchObject({
      workers: 2,
      trials: 20,
      sampler: 'random',
      seed: 5,
      completed: 20,
    });
    expect(output.efficiency).toBeGreaterThan(0.5);
    expect(await cli('simulate', '--file', 's.json', '--workers', '2', '--json')).toEqual(first);
    expect((await cli('simulate', '--trials', '8', '--workers', '2')).out).toMatch(
      /^8 of 8 trials by evolution on 2 simulated workers\n/,
    );
  });

  test('refuses an invalid file with all its problems', async () => {
    writeFileSync(
      folder.file('s.json'),
      JSON.stringify({ format: 'galapagos-simulation/1', wrokers: 3, trials: 0 }),
    );
    const { code, err } = await cli('simulate', '--file', 's.json');
    expect(code).toBe(2);
    expect(err).toContain('did you mean workers?');
    expect(err).toContain('trials: expected an integer ≥ 1, found 0');
  });
});

test('Command line: check lists damage of a lab, as text and as JSON, and exits with an error', async () => {
  makeLab();
  expect(await cli('check')).toMatchObject({ code: 0, out: 'lab.db: no problems found.\n' });
  foreignly(folder.file('lab.db'), "UPDATE galapagos_study SET state = 'sleeping'");
  const { code, out } = await cli('check', 'lab.db');
  expect(code).toBe(1);
  expect(out).toMatch(
    /galapagos_study\.state: expected one of .*, found "sleeping"\nlab\.db: 1 problem\./,
  );
  const json = checkOutput.parse(JSON.parse((await cli('check', '--json')).out));
  expect(json).toMatchObject({
    ok: false,
    findings: [{ trial: null, at: 'galapagos_study.state' }],
  });
});

describe('Command line: devices', () => {
  test('lists the processor with the executors that work on it', async () => {
    const { code, out, err } = await cli('devices', '--json');
    expect([code, err]).toEqual([0, '']);
    const [processor] = deviceList.parse(JSON.parse(out)).devices;
    expect(processor).toMatchObject({ id: 'cpu', kind: 'cpu' });
    expect(processor?.executors).toContainEqual(
      expect.objectContaining({ name: 'wasm', usable: true }),
    );
  });

  test('prints a line for each device and an indented line for each executor', async () => {
    const { code, out } = await cli('devices');
    expect(code).toBe(0);
    expect(out).toMatch(/^CPU {4}\S.*, \d+ cores?, /m);
    expect(out).toMatch(/^ {7}wasm {8}works \(wasm/m);
    expect(out).toMatch(/^ {7}tensorflow {2}does not work: not installed → galapagos backend/m);
  });
});

test('Command line: doctor prints every check with a remedy unless it passes', async () => {
  const { code, out } = await cli('doctor', '--json');
  const { ok, checks } = doctorOutput.parse(JSON.parse(out));
  expect(code).toBe(ok ? 0 : 1);
  expect(checks.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['Node', 'libsql', 'zeromq', 'WebAssembly SIMD', 'disk']),
  );
  for (const { state, remedy } of checks) expect(remedy === null).toBe(state === 'ok');
});

test('Command line: doctor names a lab file and a user folder that other users can open', async (context) => {
  skipIf(noModes, context);
  const [lab, home] = [folder.file('lab.db'), folder.file('home')];
  openLab(lab, { create: true }).close();
  mkdirSync(home);
  chmodSync(lab, 0o644);
  chmodSync(home, 0o755);
  vi.stubEnv('GALAPAGOS_HOME', home);
  const { checks } = doctorOutput.parse(JSON.parse((await cli('doctor', '--json')).out));
  const found = checks.filter(({ name }) => name === 'lab file' || name === 'user folder');
  expect(found).toMatchObject([
    {
      name: 'user folder',
      state: 'optional',
      found: expect.stringContaining('(mode 755)') as string,
      remedy: `run chmod 700 '${home}'`,
    },
    {
      name: 'lab file',
      state: 'optional',
      found: expect.stringContaining('(mode 644)') as string,
      remedy: `run chmod 600 '${lab}'`,
    },
  ]);
});

test('Command line: ends quietly when its reader exits', async () => {
  const lab = openLab(folder.file('lab.db'), { create: true });
  const many = Array.from({ length: 3000 }, (_, number) => [propose(number)]);
  lab.commit([[createStudy()], ...many]);
  lab.close();
  const entry = join(import.meta.dirname, '../../src/cli/index.ts');
  const loader = join(import.meta.dirname, '../../node_modules/tsx/dist/loader.mjs');
  const child = spawn(process.execPath, ['--import', loader, entry, 'trials', spec.name], {
    cwd: folder.path,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = (await once(child, 'exit')) as [number];
  expect({ code, err }).toEqual({ code: 0, err: '' });
});
