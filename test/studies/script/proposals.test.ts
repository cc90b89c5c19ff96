import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distribution } from '../../../src/protocol/search-space.ts';
import { studyFile } from '../../../src/protocol/study-file.ts';
import type { ScriptOption } from '../../../src/studies/script/help-text.ts';
import { optunaScript } from '../../../src/studies/script/optuna-space.ts';
import { printedValues } from '../../../src/studies/script/printed-values.ts';
import { propose } from '../../../src/studies/script/propose.ts';
import { importsIn } from '../../../src/objectives/command/python/python-imports.ts';
import { callsIn } from '../../../src/studies/script/python-source.ts';
import { sourceOptions } from '../../../src/studies/script/source-options.ts';

function option(
  name: string,
  value?: ScriptOption['default'],
  more: Partial<ScriptOption> = {},
): ScriptOption {
  const type = typeof value === 'number' ? (Number.isInteger(value) ? 'int' : 'float') : null;
  const flag = `--${name}`;
  const base: ScriptOption = {
    name,
    flag,
    type,
    default: value,
    choices: [],
    takesValue: true,
    help: '',
  };
  return { ...base, ...more };
}

describe('Proposals', () => {
  const float = (low: number, high: number, log?: true) => ({
    searched: { type: 'float', low, high, ...(log === true ? { log } : {}) },
  });
  const int = (low: number, high: number) => ({ searched: { type: 'int', low, high, log: true } });
  const choices = (...values: (number | string)[]) => ({
    searched: { type: 'categorical', choices: values },
  });
  const fixed = (known: boolean) => ({ fixed: true, known });

  it.each([
    [option('lr', 0.003), float(0.00003, 0.03, true)],
    [option('optim.learningRate', 0.1), float(0.001, 1, true)],
    [option('weight-decay', 0, { type: 'float' }), float(1e-6, 1e-2, true)],
    [option('dropout', 0.1), float(0, 0.5)],
    [option('attn_drop', 0.8), float(0, 0.8)],
    [option('momentum', 0.9), float(0, 0.99)],
    [option('gamma', 0.7), float(0.5, 0.999)],
    [option('gamma', 0.001), float(0.0001, 0.01, true)],
    [option('batch_size', 48), choices(16, 32, 64, 128, 256)],
    [option('bs', 2), choices(1, 2, 4, 8)],
    [option('batch-size', 64, { low: 32, high: 128 }), choices(32, 64, 128)],
    [option('hidden_size', 256), int(64, 1024)],
    [option('n-estimators', 100), int(25, 400)],
    [option('num_layers', 4), { searched: { type: 'int', low: 2, high: 8 } }],
    [option('num_heads', 8), choices(4, 8, 16)],
    [option('optimizer', 'adam', { choices: ['adam', 'sgd'] }), choices('adam', 'sgd')],
    [option('optim', 'a', { choices: Array.from('abcdefghijklm') }), { fixed: true, known: false }],
    [option('warmup_steps', 0, { help: 'an integer, or a ratio of total steps' }), float(0, 0.2)],
    [option('warmup_steps', 0), fixed(true)],
    [option('seed', 1), { seed: true }],
    [option('epochs', 10), { epochs: true }],
    [option('test-batch-size', 1000), fixed(true)],
    [option('validation-batch-size', 16), fixed(true)],
    [option('min-lr', 0, { type: 'float' }), fixed(false)],
    [option('min-child-weight', 4), int(2, 8)],
    [option('beta1', 0.5), float(0.5, 0.99)],
    [option('output-dir', 'runs'), { kept: true }],
    [option('logdir'), { kept: true }],
    [option('resume-dir', 'runs'), fixed(true)],
    [option('data-dir', 'data'), fixed(true)],
    [option('device', 'cuda', { choices: ['cuda', 'cpu'] }), fixed(true)],
    [option('nesterov', false, { takesValue: false }), fixed(true)],
    [option('magic', 0.5), fixed(false)],
    [option('lr'), fixed(false)],
  ])('for %o are %o', (given, expected) => {
    expect(propose(given)).toEqual(expected);
  });
});

describe('Python source', () => {
  it('is searched for calls outside of texts and comments', () => {
    const source = `f(1)  # f(2)\nx = "f(3)"\n'''f(4)'''\ndef f(5): pass\na.f(g(6), k=[1, 'b'], r=-1e-3,)`;
    expect(callsIn(source, /(^|\.)f$/)).toEqual([
      { name: 'f', at: 0, positional: [{ literal: 1 }], named: {} },
      {
        name: 'a.f',
        at: source.indexOf('a.f'),
        positional: [{ code: 'g(6)' }],
        named: { k: { list: [1, 'b'] }, r: { literal: -0.001 } },
      },
    ]);
  });

  it('is searched for imports', () => {
    const source =
      'import os, sys as s\nfrom torch.nn import Module\n# import click\n"""\nimport fire"""';
    expect([...importsIn(source)]).toEqual(['os', 'sys', 'torch']);
  });

  it('declares options of argparse, click and absl', () => {
    const source = `
p.add_argument("-b", "--batch-size", type=int, default=64, help="a (b")
p.add_argument('--kind', choices=['a', "b"], default='a')
p.add_argument('--fast', action='store_true')
p.add_argument('data')
@click.option("--lr", type=float, default=1e-3)
@click.option("--mode", type=click.Choice(["x", "y"]))
@click.option("--amp/--no-amp", default=True)
flags.DEFINE_float("rate", 0.5, "help", lower_bound=0)`;
    expect(
      sourceOptions(source).map(({ flag, type, default: value, choices, takesValue }) =>
        [flag, type, value, choices.join('|'), takesValue].join(' '),
      ),
    ).toEqual([
      '--batch-size int 64  true',
      '--kind text a a|b true',
      '--fast bool   false',
      '--lr float 0.001  true',
      '--mode text  x|y true',
      '--amp bool true  false',
      '--rate float 0.5  true',
    ]);
  });
});

describe('Printed values', () => {
  it.each([
    [
      'print(f"epoch {e}: train_loss={a:.3f} val_acc={b:.4f}")',
      'epoch 3: train_loss=0.1 val_acc=0.9125',
      '0.9125',
      'maximize',
    ],
    ["print('Test accuracy:', score[1])", 'Test accuracy: 0.98', '0.98', 'maximize'],
    ['print("val loss %.3e, done" % loss)', 'val loss 1.250e-03, done', '1.250e-03', 'minimize'],
    [
      "print('\\nTest: Accuracy: {}/{} ({:.2f}%)\\n'.format(a, b, c))",
      'Test: Accuracy: 9812/10000 (98.12%)',
      '98.12',
      'maximize',
    ],
    ['logger.info("RMSE: %s" % rmse)', 'INFO RMSE: nan', 'nan', 'minimize'],
    ['print("accuracy", acc)', 'accuracy 1.', null, 'maximize'],
  ])('of %s are found in "%s"', (source, line, value, direction) => {
    const [best] = printedValues(source);
    expect(best?.direction).toBe(direction);
    const found = new RegExp(best?.pattern ?? '^$').exec(line)?.[1];
    expect(found).toBe(value ?? '1');
  });

  it('prefer validation to test, test to training, and a precise value to a rounded one', () => {
    const source = `
print('Train loss: {:.4f}'.format(a))
print('Test set: Average loss: {:.4f}, Accuracy: {}/{} ({:.0f}%)'.format(a, b, c, d))
print('val loss: {:.4f}'.format(a))`;
    expect(printedValues(source).map(({ words }) => words)).toEqual([
      'val loss',
      'average loss',
      'accuracy',
      'train loss',
    ]);
  });

  it('are none where no metric is printed', () => {
    expect(printedValues('print("done", x)\nprint(f"{loss}")\nprint()')).toEqual([]);
  });

  it.each([
    ['print(f"loss: {x}")', 'stdout'],
    ['click.echo(f"loss: {x}")', 'stdout'],
    ['print(f"loss: {x}", file=sys.stderr)', 'output'],
    ['logger.info(f"loss: {x}")', 'output'],
    ['sys.stderr.write(f"loss: {x}")', 'output'],
  ])('in the lines of %s are found in the stream that has them', (source, rule) => {
    expect(printedValues(source)).toMatchObject([{ words: 'loss', rule }]);
  });
});

describe('Optuna scripts', () => {
  const SCRIPT = `
import optuna
EPOCHS = 10
OPTIMIZERS = ["Adam", "SGD"]
def define_model(trial):
    n_layers = trial.suggest_int("n_layers", 1, 3)
    for i in range(n_layers):
        units = trial.suggest_int("n_units_l{}".format(i), 4, 128)
        p = trial.suggest_float(f"dropout_l{i}", 0.2, 0.5)
def run(trial):
    name = trial.suggest_categorical("classifier", ["SVC", "forest"])
    if name == "SVC":
        c = trial.suggest_float("svc_c", 1e-10, 1e10, log=True)
    else:
        depth = trial.suggest_int("depth", 2, 32, log=True)
    kind = trial.suggest_categorical("optimizer", OPTIMIZERS)
    share = trial.suggest_float(name="share", low=0, high=1, step=0.25)
    odd = trial.suggest_int("odd", 1, len(x))
    for epoch in range(EPOCHS):
        trial.report(accuracy, epoch)
if __name__ == "__main__":
    study = optuna.create_study(direction="maximize")
    study.optimize(run, n_trials=100)
`;
  const script = optunaScript(SCRIPT);

  it('give their ranges, with conditions of branches and of numbered names', () => {
    const units = { type: 'int', low: 4, high: 128 };
    const dropout = { type: 'float', low: 0.2, high: 0.5 };
    const when = (...layers: number[]) => ({ when: { n_layers: layers } });
    expect(script?.space).toEqual({
      n_layers: { type: 'int', low: 1, high: 3 },
      n_units_l0: units,
      n_units_l1: { ...units, ...when(2, 3) },
      n_units_l2: { ...units, ...when(3) },
      dropout_l0: dropout,
      dropout_l1: { ...dropout, ...when(2, 3) },
      dropout_l2: { ...dropout, ...when(3) },
      classifier: { type: 'categorical', choices: ['SVC', 'forest'] },
      svc_c: { type: 'float', low: 1e-10, high: 1e10, log: true, when: { classifier: ['SVC'] } },
      depth: { type: 'int', low: 2, high: 32, log: true, when: { classifier: ['forest'] } },
      optimizer: { type: 'categorical', choices: ['Adam', 'SGD'] },
      share: { type: 'float', low: 0, high: 1, step: 0.25 },
    });
    expect(studyFile.shape.searchSpace.safeParse(script?.space).success).toBe(true);
  });

  it('give the objective, the direction and the number of reports', () => {
    expect(script).toMatchObject({ objective: 'run', directions: ['maximize'], epochs: 10 });
  });

  it('say which ranges are computed, and that a study outside a guard would start', () => {
    expect(script?.notes).toEqual([
      'line 18: the range is not written as two numbers; add the parameter to searchSpace',
    ]);
    const bare = optunaScript('t.suggest_int("a", 1, 2)\nstudy.optimize(objective)');
    expect(bare?.notes.join()).toContain('put that part under if __name__');
    expect(optunaScript('print(1)')).toBeNull();
  });
});

describe('Sources of any content', () => {
  const pieces = fc.constantFrom(
    ...['print(', 'f"', "'''", '"acc ', '{x:.3f}', '%.2f', '{}', '"', ')', ',', '.format(', '\n'],
    ...['trial.suggest_int(', 'trial.suggest_categorical(', '"a"', 'f"l{i}"', '[1, 2]', '1', '  '],
    ...['n = ', 'for i in range(n):', 'if n == 1:', 'else:', '#', '\\', '(', '*', '[', 'loss', '?'],
    ...['parser.add_argument(', '"--lr"', 'default=', 'choices=', 'log=True'],
  );
  const source = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(pieces, { maxLength: 60 }).map((all) => all.join('')),
  );

  it('give rules that are regular expressions with one group, and ranges of a valid shape', () => {
    fc.assert(
      fc.property(source, (text) => {
        importsIn(text);
        for (const { pattern } of printedValues(text))
          expect(new RegExp(`${pattern}|`).exec('')).toHaveLength(2);
        for (const declared of sourceOptions(text)) propose(declared);
        for (const range of Object.values(optunaScript(text)?.space ?? {}))
          expect(distribution.safeParse(range).error).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });
});
