import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { TestContext } from 'vitest';
import { writeInitialStudy } from '../../../src/cli/actions/init-study.ts';
import { exitCodeOf } from '../../../src/cli/process/exit-codes.ts';
import { initOutput } from '../../../src/protocol/script-output.ts';
import { runBounded } from '../../../src/runtime/run-bounded.ts';
import { cliContext } from '../../support/cli-context.ts';
import { pythons } from '../../support/peer-python.ts';
import { skipIf } from '../../support/platform.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const [python = ''] = pythons();
const noPython = python === '' ? 'python3 is no Python 3.8 or newer' : null;
/** The first Python on PATH. */
const program = process.platform === 'win32' ? 'python' : 'python3';
const scripts = join(import.meta.dirname, 'fixtures/scripts');

let folder: string;
beforeEach(() => {
  const temporary = temporaryFolder();
  onTestFinished(() => temporary.remove());
  folder = temporary.path;
});

interface Written {
  readonly printed: string;
  readonly study: Readonly<Record<string, unknown>> & {
    readonly objective: Readonly<Record<string, unknown>> & { readonly command: string[] };
    readonly searchSpace: Readonly<Record<string, unknown>>;
  };
}

/** Runs `init` in the test's folder on a script of this content. */
async function init(
  content: string,
  args: string[] = [],
  named?: string,
  config?: string,
): Promise<Written> {
  writeFileSync(join(folder, 'train.py'), content);
  const context = cliContext(folder, { PATH: process.env['PATH'] ?? '' });
  const flags = {
    output: 'study.json',
    ...(named === undefined ? {} : { python: named }),
    ...(config === undefined ? {} : { config }),
  };
  await writeInitialStudy(context, 'train.py', args, flags);
  const study = JSON.parse(readFileSync(join(folder, 'study.json'), 'utf8')) as Written['study'];
  return { printed: context.printed(), study };
}

const ARGPARSE = readFileSync(join(scripts, 'argparse_mnist.py'), 'utf8');

describe('galapagos init', () => {
  it('writes a study file for a script with argparse that prints its result', async (context: TestContext) => {
    skipIf(noPython, context);
    const { study, printed } = await init(ARGPARSE);
    expect(study.objective.command).toEqual([
      program,
      'train.py',
      '--seed',
      '{seed}',
      '{params:flags}',
    ]);
    expect(study).toMatchObject({ name: 'train', direction: 'minimize', stop: { trials: 64 } });
    expect(study.objective).toMatchObject({ kind: 'command', epochs: 14 });
    expect(Object.keys(study.searchSpace)).toEqual(['batch-size', 'lr', 'gamma']);
    expect(study.searchSpace['lr']).toEqual({ type: 'float', low: 0.01, high: 10, log: true });
    expect(printed).toContain('As in the script: test-batch-size, epochs, no-accel');
    expect(printed).toContain('the last "average loss" that the script prints is to minimize');
    expect(printed).toContain('Nothing was started.');
  });

  it('reads the source where --help cannot run, and says why', async (context) => {
    skipIf(noPython, context);
    const { study, printed } = await init(`import absent_framework\n${ARGPARSE}`);
    expect(Object.keys(study.searchSpace)).toEqual(['batch-size', 'lr', 'gamma']);
    expect(printed).toContain("No module named 'absent_framework'; the options were read from");
  });

  it('runs a script of a package as a module, also for its help', async (context) => {
    skipIf(noPython, context);
    mkdirSync(join(folder, 'pkg'));
    writeFileSync(join(folder, 'pkg', 'util.py'), 'RATE = 0.25\n');
    writeFileSync(
      join(folder, 'pkg', 'train.py'),
      'import argparse\nfrom .util import RATE\np = argparse.ArgumentParser()\np.add_argument("--lr", type=float, default=RATE, help="(default: %(default)s)")\np.parse_args()\n',
    );
    const run = cliContext(folder, { PATH: process.env['PATH'] ?? '' });
    await writeInitialStudy(run, 'pkg/train.py', [], { output: 'study.json' });
    const written = readFileSync(join(folder, 'study.json'), 'utf8');
    expect(JSON.parse(written)).toMatchObject({
      objective: { command: [program, '-m', 'pkg.train', '{params:flags}'], folder: '.' },
      searchSpace: { lr: { low: 0.0025, high: 2.5 } },
    });
    expect(run.printed()).toContain('from python -m pkg.train --help');
    expect(run.printed()).toContain('because it imports modules of its own package');
  });

  it('counts the epochs that its arguments give', async (context) => {
    skipIf(noPython, context);
    const { study } = await init(ARGPARSE, ['--epochs', '5']);
    expect(study.objective).toMatchObject({ epochs: 5 });
    expect(study.objective.command.slice(0, 4)).toEqual([program, 'train.py', '--epochs', '5']);
  });

  it.each([
    ['--out runs', ['--out', '{checkpointDir}'], 'what the best trial writes to out is kept'],
    ['--save model.pt', ['--save', '{checkpointDir}/model.pt'], 'writes to save is kept'],
    ['--data ./data --resume last.pt --log-level info', [], 'Nothing was started'],
  ])('has what the script writes to %s kept', async (defaults, args, said) => {
    const options = [...defaults.matchAll(/(--[\w-]+) (\S+)/g)]
      .map(([, flag, value]) => `p.add_argument("${flag}", default="${value}")\n`)
      .join('');
    const { study, printed } = await init(
      `import argparse\nimport absent_framework\np = argparse.ArgumentParser()\np.add_argument("--lr", default=0.1)\n${options}p.parse_args()\n`,
    );
    const command = [program, 'train.py', ...args, '{params:flags}'];
    expect(study.objective.command).toEqual(command);
    expect(printed).toContain(said);
  });

  it('finds what is printed in a module of the project', async () => {
    writeFileSync(join(folder, 'loop.py'), 'def fit(lr):\n    print(f"val_acc: {lr}")\n');
    const { study } = await init(
      'import galapagos\nfrom loop import fit\nfit(**galapagos.params(lr=0.1))\n',
    );
    const { stdout = '' } = study.objective['result'] as { readonly stdout?: string };
    expect(new RegExp(stdout).exec('val_acc: 0.5')?.[1]).toBe('0.5');
  });

  it('says that files of a script are not kept, unless it writes to the folder that is', async () => {
    const source =
      'import galapagos, torch\np = galapagos.params(lr=0.1)\ntorch.save({}, "model.pt")\n';
    expect((await init(source)).printed).toContain('the script writes files (torch.save): to keep');
    rmSync(join(folder, 'study.json'));
    const keeping = `${source}folder = galapagos.checkpoint_dir()\n`;
    expect((await init(keeping)).printed).not.toContain('writes files');
  });

  it('does not run a script that parses no options', async () => {
    const marker = join(folder, 'ran');
    const source = `open(${JSON.stringify(marker)}, 'w')\nimport galapagos\np = galapagos.params(lr=0.1, name='x', units=64)\ngalapagos.finish(1)\n`;
    const { study } = await init(source);
    expect(existsSync(marker)).toBe(false);
    expect(study.searchSpace).toEqual({
      lr: { type: 'float', low: 0.001, high: 1, log: true },
      units: { type: 'int', low: 16, high: 256, log: true },
    });
    expect(study.objective).toEqual({
      kind: 'command',
      command: [program, 'train.py'],
      folder: '.',
    });
  });

  it('calls the objective of an Optuna script through the module', async () => {
    const source =
      'def f(trial):\n    return trial.suggest_float("x", 0, 1)\nif __name__ == "__main__":\n    study.optimize(f)\n';
    const { study, printed } = await init(source);
    expect(study.objective.command).toEqual([program, '-m', 'galapagos', 'train.py:f']);
    expect(study.objective).not.toHaveProperty('result');
    expect(printed).toContain('run galapagos python install');
  });

  it('keeps given arguments in the command, with braces doubled, and does not search them', async (context) => {
    skipIf(noPython, context);
    const { study } = await init(ARGPARSE, ['--lr', '0.5', '{x}']);
    expect(study.objective.command.slice(2, 5)).toEqual(['--lr', '0.5', '{{x}}']);
    expect(Object.keys(study.searchSpace)).toEqual(['batch-size', 'gamma']);
  });

  it('names the Python of .venv by its path in the project', async () => {
    const bin = join(folder, process.platform === 'win32' ? '.venv/Scripts' : '.venv/bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, process.platform === 'win32' ? 'python.exe' : 'python'), '');
    const { study, printed } = await init('import galapagos\ngalapagos.params(lr=0.1)\n');
    expect(study.objective.command[0]).toMatch(/^\.\/\.venv\/(bin\/python|Scripts\/python\.exe)$/);
    expect(printed).toContain(`the environment ${join(folder, '.venv')}`);
  });

  it('takes a named Python from the folder in which it was started, and refuses an absent one', async () => {
    mkdirSync(join(folder, 'scripts'));
    writeFileSync(join(folder, 'python'), '');
    writeFileSync(
      join(folder, 'scripts', 'train.py'),
      'import galapagos\ngalapagos.params(lr=0.1)\n',
    );
    const context = cliContext(folder, {});
    const named = (python: string) =>
      writeInitialStudy(context, 'scripts/train.py', [], { output: 'study.json', python });
    await expect(named('./absent')).rejects.toThrow(
      `there is no Python at ${join(folder, 'absent')}`,
    );
    await named('./python');
    const written = JSON.parse(
      readFileSync(join(folder, 'study.json'), 'utf8'),
    ) as Written['study'];
    expect(written.objective.command).toEqual(['./python', 'scripts/train.py']);
  });

  it('says that an environment of uv or conda is described but absent', async () => {
    writeFileSync(join(folder, 'environment.yml'), 'name: vision\n');
    const { printed } = await init('import galapagos\ngalapagos.params(lr=0.1)\n');
    expect(printed).toContain('conda activate vision');
  });

  it('refuses to overwrite a file, before it looks at the script', async () => {
    writeFileSync(join(folder, 'study.json'), 'mine');
    await expect(init('')).rejects.toThrow('study.json exists and is not overwritten');
    expect(readFileSync(join(folder, 'study.json'), 'utf8')).toBe('mine');
  });

  it('writes nothing for a script without parameters, and says what to do', async () => {
    const error = await init('print(1)\n').catch((found: unknown) => found);
    expect(error).toMatchObject({ code: 'usage' });
    expect(exitCodeOf(error)).toBe(2);
    expect(error instanceof Error ? error.message : '').toMatch(
      /^train\.py shows no options; the script imports .*\. Nothing was written\.\n\nWrite these .*:\n {2}import galapagos\n {2}p = galapagos\.params\(lr=0\.01, hidden=64\)\n {2}lr, hidden = p\["lr"\], p\["hidden"\]\n\nThen run: galapagos python install && galapagos init train\.py\n/,
    );
    expect(existsSync(join(folder, 'study.json'))).toBe(false);
  });

  it('shows the lines that make parameters of the constants of a script, which init then finds', async (context) => {
    skipIf(noPython, context);
    const script = [
      '"""A notebook',
      'lr = 5',
      '"""',
      'learning_rate = 1e-3  # tuned',
      'HIDDEN: int = 128',
      'name = "x"; SEED = 3',
      'EPOCHS = 5',
      'def train():',
      '    dropout = 0.5',
      'print("loss:", learning_rate)',
    ];
    const error = await init(script.join('\n')).catch((found: unknown) => String(found));
    expect(error).toContain('in place of its constants in lines 4, 5;');
    const lines = /import galapagos\n.*\n.*\n/.exec(error as string)?.[0].replaceAll(/^ +/gm, '');
    expect(lines).toBe(
      'import galapagos\np = galapagos.params(learning_rate=1e-3, HIDDEN=128)\nlearning_rate, HIDDEN = p["learning_rate"], p["HIDDEN"]\n',
    );
    const { study } = await init([lines, ...script.slice(5)].join('\n'));
    expect(Object.keys(study.searchSpace)).toEqual(['learning_rate', 'HIDDEN']);
  });

  it.each([
    ['absent.py', /there is no file/],
    ['train.sh', /expected a Python script/],
    ['train.ipynb', /jupyter nbconvert --to script train\.ipynb/],
    ['folder.py', /is not a file/],
  ])('says that %s cannot be read', async (name, message) => {
    mkdirSync(join(folder, 'folder.py'));
    const context = cliContext(folder, {});
    const written = writeInitialStudy(context, name, [], { output: 'study.json' });
    await expect(written).rejects.toThrow(message);
  });

  it('prints one document with --json', async () => {
    writeFileSync(join(folder, 'train.py'), 'import galapagos\ngalapagos.params(lr=0.1)\n');
    const context = cliContext(folder, {});
    await writeInitialStudy(context, 'train.py', [], { output: 'study.json', json: true });
    expect(initOutput.parse(JSON.parse(context.printed())).searched).toEqual([
      { name: 'lr', default: 0.1 },
    ]);
  });
});

describe('Programs that hang or print without end', () => {
  const node = process.execPath;
  const run = (code: string, limits: { timeoutMs: number; mostBytes: number }) =>
    runBounded([node, '-e', code], { env: process.env, ...limits });

  it('are killed with their children when time is up', async () => {
    const child = `require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'inherit' }); setInterval(() => {}, 1e6)`;
    const { ended, code } = await run(child, { timeoutMs: 300, mostBytes: 100 });
    expect([ended, code]).toEqual(['timed-out', null]);
  });

  it('are killed when they print too much, and the first bytes are kept', async () => {
    const { ended, stdout } = await run(`for (;;) console.log('x'.repeat(1000))`, {
      timeoutMs: 60_000,
      mostBytes: 10,
    });
    expect([ended, stdout]).toEqual(['too-much-output', 'x'.repeat(10)]);
  });

  it('that do not exist are reported', async () => {
    const absent = { env: {}, timeoutMs: 1000, mostBytes: 10 };
    expect((await runBounded([join(folder, 'absent')], absent)).ended).toBe('not-found');
  });
});

const CONFIG = `# Baseline
model: {hidden: 128, dropout: 0.1}
optimizer:
  name: adamw
  lr: 3e-4 # tuned
train: {batch_size: 64, max_epochs: 3, eval_every: 10}
seed: 42
output_dir: runs
`;

describe('galapagos init, with a configuration file', () => {
  const write = (name: string, text: string): void => {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  const prints = 'print("val_loss:", 1.0)\n';
  const parser = (option: string): string =>
    `import argparse\np = argparse.ArgumentParser()\np.add_argument(${option})\np.parse_args()\n${prints}`;

  it('proposes its values by name, and passes a copy to the option that takes it', async (context) => {
    skipIf(noPython, context);
    write('config.yaml', CONFIG);
    const { study, printed } = await init(parser('"--config", default="config.yaml"'));
    expect(study.objective).toMatchObject({
      command: [program, 'train.py', '--config', '{config}'],
      config: { file: 'config.yaml', set: { seed: '{seed}', output_dir: '{checkpointDir}' } },
      epochs: 3,
    });
    expect(study.searchSpace).toEqual({
      'model.hidden': { type: 'int', low: 32, high: 512, log: true },
      'model.dropout': { type: 'float', low: 0, high: 0.5 },
      'optimizer.lr': { type: 'float', low: 3e-6, high: 3e-3, log: true },
      'train.batch_size': { type: 'categorical', choices: [16, 32, 64, 128, 256] },
    });
    expect(printed).toContain('Parameters: the values of config.yaml.');
    expect(printed).toMatch(/optimizer\.lr +0\.0003 +0\.000003/);
    expect(printed).toContain('what the best trial writes to output_dir is kept');
    expect(printed).not.toContain('shows no options');
  });

  it('finds the usual file where the option names none, and says so', async (context) => {
    skipIf(noPython, context);
    write('configs/default.yaml', CONFIG);
    const { study, printed } = await init(parser('"--cfg", required=True'));
    expect(study.objective.command.slice(2)).toEqual(['--cfg', '{config}']);
    expect(study.objective).toMatchObject({ config: { file: 'configs/default.yaml' } });
    expect(printed).toContain('names no file for --cfg: configs/default.yaml is used');
  });

  it('finds the option of a script that looks for it in sys.argv', async (context) => {
    skipIf(noPython, context);
    write('config.json', '{"lr": 0.1}');
    const { study } = await init(`import sys\nprint(sys.argv.index('--config'))\n${prints}`);
    expect(study.objective.command.slice(2)).toEqual(['--config', '{config}']);
  });

  it('takes a file among the arguments, as an option, with = or alone', async (context) => {
    skipIf(noPython, context);
    write('a.json', '{"lr": 0.1}');
    for (const [args, passed] of [
      [
        ['fit', 'a.json', '-v'],
        ['fit', '{config}', '-v'],
      ],
      [['--config=a.json'], ['--config={config}']],
      [
        ['-c', 'x', '--config', 'a.json'],
        ['-c', 'x', '--config', '{config}'],
      ],
    ] as const) {
      rmSync(join(folder, 'study.json'), { force: true });
      const { study } = await init(prints, [...args]);
      expect(study.objective.command.slice(2)).toEqual(passed);
      expect(study.objective).toMatchObject({ config: { file: 'a.json' } });
    }
  });

  it('leaves the command as it is for a script that opens the file by its name', async (context) => {
    skipIf(noPython, context);
    write('conf/a.yml', CONFIG);
    write('labels.json', '{"cat": 0}');
    const source = `import yaml, json\nc = yaml.safe_load(open("conf/a.yml"))\njson.load(open('labels.json'))\n${prints}`;
    const { study, printed } = await init(source);
    expect(study.objective.command).toEqual([program, 'train.py']);
    expect(study.objective).toMatchObject({ config: { file: 'conf/a.yml' } });
    expect(printed).toContain('the script opens conf/a.yml itself');
  });

  it('searches options with a default too, but no value that one of them overrides', async (context) => {
    skipIf(noPython, context);
    write('config.yaml', CONFIG);
    const { study } = await init(
      `import argparse\np = argparse.ArgumentParser()\np.add_argument("--config", default="config.yaml")\np.add_argument("--lr", type=float, default=0.1, help="%(default)s")\np.add_argument("--dropout", type=float)\np.parse_args()\n${prints}`,
    );
    expect(study.objective.command.slice(2)).toEqual(['--config', '{config}', '--lr', '{lr}']);
    expect(Object.keys(study.searchSpace)).toEqual([
      ...['model.hidden', 'model.dropout', 'train.batch_size', 'lr'],
    ]);
  });

  it('takes the file that --config names, or says what is wrong with it', async (context) => {
    skipIf(noPython, context);
    write('my.yaml', 'lr: 0.1\n');
    const named = (config: string) => init(prints, [], undefined, config);
    const { study, printed } = await named('my.yaml');
    expect(study.objective.command.slice(2)).toEqual(['--config', '{config}']);
    expect(printed).toContain('passes it as --config, correct that where it is wrong');
    rmSync(join(folder, 'study.json'));
    write('bad.yaml', 'lr: [');
    await expect(named('bad.yaml')).rejects.toThrow(
      /bad\.yaml: expected a file that parses.*line 1/,
    );
    await expect(named('none.yaml')).rejects.toThrow(/no file .*none\.yaml/);
    await expect(named('my.ini')).rejects.toThrow(/ends with \.yaml, \.yml, \.json, \.toml, found/);
    await expect(named('../my.yaml')).rejects.toThrow(/expected a file in .*, the folder of/);
  });
});
