import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { environmentOf } from '../../../src/objectives/command/attempt/environment.ts';
import { programSeed } from '../../../src/objectives/command/program-seed.ts';
import { CommandPlace, shell } from '../../support/command-attempt.ts';
import { gone, isAlive } from '../../support/worker-command.ts';
import { noProc, skipIf } from '../../support/platform.ts';

let place: CommandPlace;
beforeEach(() => (place = new CommandPlace()));
afterEach(() => place.remove());

const VALUE = { result: { stdout: 'value=(\\S+)' } };

describe('Commands: the value of an attempt', () => {
  it('comes from standard output, with each parameter in the command', async () => {
    const { ended } = place.start(
      { command: ['sh', '-c', 'echo "value=$1"', 'sh', '{x}'], ...VALUE },
      { x: -2.5e-7 },
    );
    expect(await ended).toMatchObject({ outcome: 'succeeded', value: -2.5e-7, device: 'cpu' });
  });

  it('comes from a JSON or CSV file in the folder of the attempt', async () => {
    expect(
      await place.shell('echo \'{"val": {"acc": 0.75}}\' > "$GALAPAGOS_TRIAL_DIR/m.json"', {
        result: { json: 'm.json', key: 'val.acc' },
      }),
    ).toMatchObject({ outcome: 'succeeded', value: 0.75 });
    expect(
      await place.shell('printf "epoch,acc\\n0,0.5\\n1,0.6\\n" > "$GALAPAGOS_TRIAL_DIR/log.csv"', {
        result: { csv: 'log.csv', column: 'acc' },
        reports: { csv: 'log.csv', column: 'acc' },
      }),
    ).toMatchObject({
      outcome: 'succeeded',
      value: 0.6,
      reports: [
        { step: 0, value: 0.5 },
        { step: 1, value: 0.6 },
      ],
    });
  });

  it('comes from lines of standard error by the rule "output" only, which the error suggests', async () => {
    const script = 'echo "INFO acc=0.5" >&2; echo "acc=0.6"; echo "INFO acc=0.7 é" >&2';
    const both = { output: 'acc=(\\S+)' };
    const logged = await place.shell(script, { result: both, reports: both });
    expect(logged).toMatchObject({ outcome: 'succeeded' });
    expect(logged.reports?.map(({ value }) => value).toSorted()).toEqual([0.5, 0.6, 0.7]);
    expect(await place.shell(script, { result: { stdout: 'acc=(\\S+)' } })).toMatchObject({
      value: 0.6,
    });
    const { error } = await place.shell(script, { result: { stdout: 'INFO acc=(\\S+)' } });
    expect(error).toMatch(
      /no line of standard output matches .*; a line of standard error does: write "output"/,
    );
  });

  it('is missing where its file lies in the working folder, and the error says so', async () => {
    const { error } = await place.shell('echo "{}" > m.json', {
      result: { json: 'm.json', key: 'a' },
    });
    expect(error).toMatch(/no file m\.json .*one is in the working folder.*write to \{trialDir\}/);
  });

  it('comes from the reports file where the study has no rule, with metrics and reports', async () => {
    const script = `
      echo '{"step": 0, "value": 0.5, "metrics": {"loss": 2, "note": "x"}}' >> "$GALAPAGOS_REPORTS"
      echo '{"step": 0, "value": 0.6}' >> "$GALAPAGOS_REPORTS"
      echo '{"step": 1, "value": NaN}' >> "$GALAPAGOS_REPORTS"
      echo '{"step": 4, "value": 0.7}' >> "$GALAPAGOS_REPORTS"
      echo 'nonsense' >> "$GALAPAGOS_REPORTS"
      echo '{"metrics": {"weights": 12, "path": "a"}}' >> "$GALAPAGOS_REPORTS"
      echo '{"result": 1}' >> "$GALAPAGOS_REPORTS"
      printf '{"result": 0.8, "metrics": {"f1": 0.9}}' >> "$GALAPAGOS_REPORTS"`;
    expect(await place.shell(script)).toMatchObject({
      outcome: 'succeeded',
      value: 0.8,
      metrics: { weights: 12, path: 'a', f1: 0.9 },
      reports: [
        { step: 0, value: 0.5, metrics: { loss: 2 } },
        { step: 4, value: 0.7 },
      ],
    });
    expect(place.output()).toMatch(/step 0 is left out: it follows step 0\n.*value is NaN\n.*JSON/);
  });

  it('is divergence where it is not finite', async () => {
    for (const value of ['nan', 'inf', '-inf'])
      expect(await place.shell(`echo value=${value}`, VALUE)).toMatchObject({
        outcome: 'diverged',
      });
    expect(await place.shell(`echo '{"result": null}' >> "$GALAPAGOS_REPORTS"`)).toMatchObject({
      outcome: 'diverged',
    });
  });

  it('is missing where no rule matched, which shows what was printed', async () => {
    const { outcome, error } = await place.shell('echo accuracy: 3', VALUE);
    expect(outcome).toBe('crashed');
    expect(error).toBe(
      'the result rule never matched: no line of standard output matches /value=(\\S+)/\nthe last of its output:\naccuracy: 3',
    );
    expect((await place.shell('exit 0')).error).toMatch(
      /without a result.*GALAPAGOS_REPORTS names\nit printed nothing$/,
    );
  });
});

describe('Commands: what a program is told', () => {
  it('has the cores that the objective states as its number of threads', async () => {
    const script = 'echo value=$OMP_NUM_THREADS; echo "$MKL_NUM_THREADS"';
    expect(await place.shell(script, VALUE)).toMatchObject({ value: 3 });
    const about = { ...VALUE, resources: { cpus: 12 } };
    expect(await place.start({ command: shell(script), ...about }, {}, 1).ended).toMatchObject({
      value: 12,
    });
    expect(place.output(1)).toBe('value=12\n12\n');
  });

  it('has the variables of the contract, an allow-list of ours, and those of the study', async () => {
    process.env['GALAPAGOS_TEST_SECRET'] = 'a';
    process.env['PASSED_ON'] = 'b';
    const script = place.script(
      'print.mjs',
      `import { readFileSync } from 'node:fs';
       const env = process.env;
       const params = JSON.parse(readFileSync(env.GALAPAGOS_PARAMS, 'utf8'));
       console.log(JSON.stringify({ env, params, cwd: process.cwd(), args: process.argv.slice(2) }));
       console.log('value=1');`,
    );
    const params = { 'opt.lr': 0.1, 'ключ-é': 'naïve "ü" $x', flag: true };
    const about = {
      command: [process.execPath, script, '{params:flags}', '{{seed}}={seed}', '{trialDir}'],
      env: { EXTRA: 'c', PASSED_ON: null, OMP_NUM_THREADS: '1' },
      ...VALUE,
    };
    expect(await place.start(about, params, 12, 2).ended).toMatchObject({ outcome: 'succeeded' });
    delete process.env['GALAPAGOS_TEST_SECRET'];
    delete process.env['PASSED_ON'];
    const said = JSON.parse(place.output(12, 2).split('\n')[0] ?? '') as {
      env: Record<string, string>;
      params: object;
      cwd: string;
      args: string[];
    };
    const seed = String(programSeed(7, 12));
    expect(said.params).toEqual(params);
    expect(said.cwd).toBe(place.project);
    expect(said.args).toEqual([
      ...['--opt.lr', '0.1', '--ключ-é', 'naïve "ü" $x', '--flag', 'true'],
      ...[`{seed}=${seed}`, said.env['GALAPAGOS_TRIAL_DIR']],
    ]);
    expect(said.env).toMatchObject({
      GALAPAGOS_PARAM_opt_lr: '0.1',
      GALAPAGOS_PARAM_______: 'naïve "ü" $x',
      GALAPAGOS_PARAM_flag: 'true',
      GALAPAGOS_STUDY: 'my study é',
      GALAPAGOS_TRIAL: '12',
      GALAPAGOS_ATTEMPT: '2',
      GALAPAGOS_SEED: seed,
      PYTHONUNBUFFERED: '1',
      PYTHONIOENCODING: 'utf-8',
      OMP_NUM_THREADS: '1',
      MKL_NUM_THREADS: '3',
      EXTRA: 'c',
      PASSED_ON: 'b',
      PATH: process.env['PATH'],
    });
    expect(said.env).not.toHaveProperty('GALAPAGOS_TEST_SECRET');
    expect(said.env).not.toHaveProperty('VITEST');
  });

  it('has the variables that choose its card, of each vendor', () => {
    const card = {
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
      CUDA_VISIBLE_DEVICES: 'GPU-4f6c0a55-9a1b-6a40-3a0e-0f3d1b1a7c11',
      HIP_VISIBLE_DEVICES: '1',
      ZE_AFFINITY_MASK: '2',
    };
    const facts = {
      ...{ study: 's', trial: 0, attempt: 1, seed: 1, project: '/p', trialDir: '/t', epochs: null },
      ...{ checkpointDir: '/c', temporaryDir: '/tmp', paramsFile: '/f', reportsFile: '/r' },
      stopFile: '/s',
    };
    for (const platform of ['linux', 'win32', 'darwin'] as const)
      expect(environmentOf(card, {}, {}, facts, 4, platform)).toMatchObject({
        ...card,
        OMP_NUM_THREADS: '4',
        MKL_NUM_THREADS: '4',
      });
  });

  it('gives each trial a seed of its own below 2^31, the same for each attempt', () => {
    const seeds = Array.from({ length: 100 }, (_, trial) => programSeed(7, trial));
    expect(new Set(seeds).size).toBe(100);
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31)).toBe(true);
  });

  it('deletes the folders of the attempt, and keeps checkpoints for the next one', async () => {
    const first = place.start({
      command: ['sh', '-c', 'echo a > "$GALAPAGOS_CHECKPOINT_DIR/c"; echo b > "$TMPDIR/t"; exit 3'],
    });
    expect(await first.ended).toMatchObject({ outcome: 'crashed' });
    const about = {
      command: ['sh', '-c', 'echo "value=$(wc -l < "$GALAPAGOS_CHECKPOINT_DIR/c")"'],
      ...VALUE,
    };
    expect(await place.start(about, {}, 0, 2).ended).toMatchObject({ value: 1 });
    const left = readdirSync(join(place.userFolder, 'runs'), { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => /[/\\](t|.*\.jsonl?|stop.*)$/.test(name))).toEqual([]);
    expect(readFileSync(join(place.userFolder, 'checkpoints/c0ffee/0/c'), 'utf8')).toBe('a\n');
  });

  it('gives each attempt empty folders, whatever the one before it did to its own', async () => {
    const behaviours = [
      'echo a > "$GALAPAGOS_TRIAL_DIR/f"; mkdir -p "$TMPDIR/d/e"; echo c > "$TMPDIR/d/e/t"',
      'rm -r "$GALAPAGOS_TRIAL_DIR"; ln -s "$PWD" "$GALAPAGOS_TRIAL_DIR"',
      'rm -r "$TMPDIR"; echo a > "$TMPDIR"',
      'rm -r "$GALAPAGOS_CHECKPOINT_DIR"',
      'rm -r "$GALAPAGOS_CHECKPOINT_DIR"; ln -s "$PWD" "$GALAPAGOS_CHECKPOINT_DIR"',
      'rm -r "$(dirname "$GALAPAGOS_TRIAL_DIR")"',
      'chmod 755 "$GALAPAGOS_TRIAL_DIR" "$GALAPAGOS_CHECKPOINT_DIR"',
      'mkdir "$GALAPAGOS_REPORTS"; echo a > "$GALAPAGOS_REPORTS/f"',
      'command -v mkfifo >/dev/null && mkfifo "$GALAPAGOS_REPORTS" || true',
      'for i in "$TMPDIR/d" "$GALAPAGOS_TRIAL_DIR"; do mkdir -p "$i/e/f"; chmod 500 "$i/e"; done',
      ':',
    ];
    place.script('kept', 'a file of the project');
    const modes =
      'ls -ld "$GALAPAGOS_TRIAL_DIR" "$GALAPAGOS_CHECKPOINT_DIR" | grep -v ^drwx------ && exit 9';
    const entries =
      '$(ls -A "$GALAPAGOS_TRIAL_DIR" "$TMPDIR" "$GALAPAGOS_CHECKPOINT_DIR" | grep -vc ":$\\|^$")';
    for (const [number, behaviour] of behaviours.entries()) {
      const command = shell(`${modes}; echo "value=${entries}"; ${behaviour}`);
      const ended = await place.start({ command, ...VALUE }, {}, number).ended;
      expect(ended, behaviours[number - 1]).toMatchObject({ outcome: 'succeeded', value: 0 });
    }
    expect(readFileSync(join(place.project, 'kept'), 'utf8')).toBe('a file of the project');
    // Trial 4 has put a link in its place.
    expect(readdirSync(join(place.userFolder, 'checkpoints/c0ffee'))).toEqual(['4']);
  });

  it('leaves no folder for the output of a program that prints nothing', async () => {
    const command = shell('echo \'{"result": 1}\' >> "$GALAPAGOS_REPORTS"');
    expect(await place.start({ command }).ended).toMatchObject({ value: 1 });
    const outputs = join(place.userFolder, 'output', 'c0ffee');
    await expect.poll(() => readdirSync(outputs)).toEqual([]);
  });

  it('starts a part of a training from a copy of the checkpoints of another trial', async () => {
    const add = {
      command: shell(
        'echo "$GALAPAGOS_FROM_EPOCH-$GALAPAGOS_UNTIL_EPOCH" >> "$GALAPAGOS_CHECKPOINT_DIR/c"; echo "value=$(wc -l < "$GALAPAGOS_CHECKPOINT_DIR/c")"',
      ),
      ...VALUE,
    };
    const read = (trial: number): string =>
      readFileSync(join(place.userFolder, `checkpoints/c0ffee/${trial}/c`), 'utf8');
    const part = (source: number | null, from: number) => ({ source, from, until: from + 2 });
    expect(await place.start(add, {}, 0, 1, part(null, 0)).ended).toMatchObject({ value: 1 });
    expect(await place.start(add, {}, 1, 1, part(0, 2)).ended).toMatchObject({ value: 2 });
    // Another attempt starts from the same copy.
    expect(await place.start(add, {}, 1, 2, part(0, 2)).ended).toMatchObject({ value: 2 });
    expect([read(0), read(1)]).toEqual(['0-2\n', '0-2\n2-4\n']);
    // A trial that paused goes on in its own folder.
    expect(await place.start(add, {}, 1, 3, part(1, 4)).ended).toMatchObject({ value: 3 });
    expect(read(1)).toBe('0-2\n2-4\n4-6\n');
  });

  it('copies links between checkpoints so that they stay in the copy', async () => {
    const add = {
      command: shell(
        'cd "$GALAPAGOS_CHECKPOINT_DIR"; [ -L latest ] || ln -s c latest; echo x >> latest; echo "value=$(wc -l < c)"',
      ),
      ...VALUE,
    };
    const part = (source: number | null) => ({ source, from: 0, until: 1 });
    expect(await place.start(add, {}, 0, 1, part(null)).ended).toMatchObject({ value: 1 });
    expect(await place.start(add, {}, 1, 1, part(0)).ended).toMatchObject({ value: 2 });
    const source = join(place.userFolder, 'checkpoints/c0ffee/0/c');
    expect(readFileSync(source, 'utf8')).toBe('x\n');
  });

  it('counts the values of a rule from the first epoch of its part, up to its last', async () => {
    const rule = { stdout: 'loss=(.*)' };
    const about = {
      command: shell('for i in 5 6 7 8; do echo loss=$i; done'),
      result: rule,
      reports: rule,
      epochs: 9,
    };
    const { ended } = place.start(about, {}, 0, 1, { source: null, from: 1, until: 3 });
    expect(await ended).toMatchObject({
      reports: [
        { step: 1, value: 5 },
        { step: 2, value: 6 },
      ],
    });
  });

  it('deletes the folders that a killed worker left', async () => {
    const left = join(place.userFolder, 'runs', '999999999', '0-1');
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, 'big'), 'x');
    await place.shell('echo value=1', VALUE);
    expect(existsSync(left)).toBe(false);
  });
});

describe('Commands: ends without a value', () => {
  it('crash with a Python exception first', async () => {
    const script = `printf 'Traceback (most recent call last):\\n  File "train.py", line 3, in main\\n    x()\\nValueError: no\\n' >&2; exit 1`;
    const { outcome, error } = await place.shell(script);
    expect(outcome).toBe('crashed');
    expect(error).toMatch(/^ValueError: no \(train\.py:3 in main\)\n {4}x\(\)\nexit status 1\n/);
  });

  it('crash where the program is missing, and where its working folder is', async () => {
    expect((await place.start({ command: ['no-such-program'] }).ended).error).toMatch(
      /^cannot start no-such-program: found no program of this name on PATH/,
    );
    const { error } = await place.start({ command: ['sh'], folder: '/no/such' }).ended;
    expect(error).toMatch(/^cannot start the program: .*ENOENT/);
  });

  it('crash without starting a command that nobody has started on this machine', async () => {
    const objective = place.objective({ command: shell('touch started') });
    const { outcome, error } = await place.evaluate(objective).ended;
    expect(outcome).toBe('crashed');
    expect(error).toMatch(/never started on this machine.*start its study file with galapagos run/);
    expect(existsSync(join(place.project, 'started'))).toBe(false);
    const other = place.objective({ command: shell('touch started'), env: { X: '1' } });
    await place.shell('touch started');
    expect((await place.evaluate(other).ended).error).toMatch(/never started on this machine/);
  });

  it('crash where SIGKILL ends the program and memory has not run out', async () => {
    expect((await place.shell('kill -KILL $$')).outcome).toBe('crashed');
  });

  it('are timed out after their limit', async () => {
    const { outcome, error } = await place.shell('echo begun; exec sleep 1000', {
      timeoutMinutes: 0.05,
      graceSeconds: 5,
    });
    expect(outcome).toBe('timedOut');
    expect(error).toMatch(/^it ran longer than 0\.05 minutes\n.*\nbegun$/);
  });
});

describe('Commands: reports while a program runs', () => {
  it('arrive from the reports file and from a rule, line by line', async () => {
    const script = `echo '{"step": 3, "value": 1}' >> "$GALAPAGOS_REPORTS"; exec sleep 1000`;
    const running = place.start({ command: shell(script) });
    expect(await running.reported(3)).toEqual({ step: 3, value: 1 });
    running.stop.abort('pruned');
    expect(await running.ended).toMatchObject({ outcome: 'pruned', device: 'cpu' });

    const printing = place.start({
      command: ['sh', '-c', 'echo acc 0.5; echo noise; echo acc 0.6; exec sleep 1000'],
      reports: { stdout: 'acc (.*)' },
    });
    expect(await printing.reported(1)).toEqual({ step: 1, value: 0.6 });
    printing.stop.abort('cancelled');
    expect(await printing.ended).toMatchObject({ outcome: 'cancelled' });
  });
});

describe('Commands: epochs', () => {
  it('bound the reports of a rule, so that a last line that matches too is none', async () => {
    const lines = 'echo acc 0.5; echo acc 0.6; echo final acc 0.6';
    const rule = { stdout: 'acc (.*)' };
    const result = await place.shell(lines, { result: rule, reports: rule, epochs: 2 });
    expect(result).toMatchObject({ outcome: 'succeeded', value: 0.6 });
    expect(result.reports).toEqual([
      { step: 0, value: 0.5 },
      { step: 1, value: 0.6 },
    ]);
  });
});

describe('Commands: the end of a program', () => {
  const READY = `echo '{"step": 0, "value": 1}' >> "$GALAPAGOS_REPORTS"`;

  it('is asked for by a file and by SIGTERM, and the program may finish its work', async () => {
    const script = `trap 'cat "$GALAPAGOS_STOP"; echo " handled"; exit 0' TERM; ${READY}; while :; do sleep 0.02; done`;
    for (const reason of ['pruned', 'cancelled'] as const) {
      const running = place.start({ command: shell(script) });
      await running.reported(0);
      running.stop.abort(reason);
      expect((await running.ended).outcome).toBe(reason);
      expect(place.output()).toContain(`${reason} handled`);
    }
  });

  it('is forced after the time of grace, for every process of the group', async () => {
    const stubborn = `trap '' TERM HUP; (trap '' TERM; echo "pid $(exec sh -c 'echo $PPID')"; while :; do sleep 0.05; done) & ${READY}; while :; do sleep 0.05; done`;
    const running = place.start({ command: shell(stubborn), graceSeconds: 0.1 });
    await running.reported(0);
    await expect.poll(() => place.output()).toMatch(/pid \d+/);
    const pid = Number(/pid (\d+)/.exec(place.output())?.[1]);
    expect(isAlive(pid)).toBe(true);
    running.stop.abort('pruned');
    expect((await running.ended).outcome).toBe('pruned');
    await gone(pid, 60_000);
  });

  it('ends what it left in the background', async () => {
    const result = await place.shell(
      '(trap "" TERM HUP; exec sleep 1000) >/dev/null 2>&1 & echo "pid $!"; echo value=2',
      VALUE,
    );
    expect(result).toMatchObject({ outcome: 'succeeded', value: 2 });
    await gone(Number(/pid (\d+)/.exec(place.output())?.[1]), 10_000);
  });

  it('does not wait for a process that holds its output open', async () => {
    const result = await place.shell('(exec sleep 1000) & echo value=2', VALUE);
    expect(result).toMatchObject({ outcome: 'succeeded', value: 2 });
    expect(result.ms).toBeLessThan(60_000);
  });
});

describe('Commands: held workers', () => {
  /** State of a process as Linux names it: T is suspended. */
  const stateOf = (pid: number): string =>
    /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';

  it('suspend their program, let it go on, and end it when cancelled', async (context) => {
    skipIf(noProc, context);
    const script = `echo "pid $$"; echo '{"step": 0, "value": 1}' >> "$GALAPAGOS_REPORTS"; while :; do :; done`;
    const running = place.start({ command: shell(script), graceSeconds: 0 });
    await running.reported(0);
    await expect.poll(() => place.output()).toMatch(/pid \d+\n/);
    const pid = Number(/pid (\d+)/.exec(place.output())?.[1]);
    place.gate.close();
    await expect.poll(() => stateOf(pid)).toBe('T');
    place.gate.open();
    await expect.poll(() => stateOf(pid)).not.toBe('T');
    place.gate.close();
    await expect.poll(() => stateOf(pid)).toBe('T');
    running.stop.abort('cancelled');
    expect((await running.ended).outcome).toBe('cancelled');
    await gone(pid, 60_000);
  });
});
