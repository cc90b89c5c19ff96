/**
 * Tests Python scripts as a user searches them: `init`, `run`, `best`. The published examples are
 * those that `GALAPAGOS_EXAMPLES` holds, in their own words; .ci/run fetches them.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { built } from '../support/built-command.ts';
import { missingPython, pythons } from '../support/peer-python.ts';
import { skipIf } from '../support/platform.ts';
import { copyExample } from '../support/published-example.ts';
import { PYTHON_MODULE, searchScript } from '../support/searched-script.ts';
import type { ProposedStudy } from '../support/searched-script.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

beforeAll(built);

const [python = ''] = pythons();
const noPython = python === '' ? 'python3 is no Python 3.8 or newer' : null;

let folder: TemporaryFolder;
let project: string;
beforeEach(() => {
  folder = temporaryFolder();
  project = join(folder.path, 'my projet é');
  mkdirSync(project);
});
afterEach(() => {
  vi.unstubAllEnvs();
  folder.remove();
});

const searched = (
  script: string,
  interpreter: string,
  change: (study: ProposedStudy) => object,
  args?: readonly string[],
) => searchScript({ project, home: join(folder.path, 'home') }, script, interpreter, change, args);

describe('Python scripts', () => {
  it('with an Optuna objective are searched as they are, with pruning and attributes', async (context) => {
    skipIf(noPython, context);
    // Without Optuna itself: only its interface is needed.
    writeFileSync(
      join(project, 'train.py'),
      `class TrialPruned(Exception):
    pass

def objective(trial):
    kind = trial.suggest_categorical("kind", ["line", "curve"])
    if kind == "line":
        slope = trial.suggest_float("slope", 0.5, 1, step=0.25)
    else:
        slope = trial.suggest_int("power", 1, 3) / 3
    x = trial.suggest_float("x", 1e-3, 1, log=True)
    trial.set_user_attr("doubled", 2 * x)
    for epoch in range(4):
        trial.report(slope * x * epoch, epoch)
        if trial.should_prune():
            raise TrialPruned()
    return slope * x * 4

if __name__ == "__main__":
    import optuna
    study = optuna.create_study(direction="maximize")
    study.optimize(objective, n_trials=10)
`,
    );
    const trials = await searched('train.py', python, () => ({ stop: { trials: 8 } }));
    expect(trials.map(({ state }) => state)).toEqual(Array.from({ length: 8 }, () => 'complete'));
    for (const { params, value } of trials) {
      const isLine = params['kind'] === 'line';
      expect(Object.keys(params)).toEqual(['kind', isLine ? 'slope' : 'power', 'x']);
      const slope = isLine ? Number(params['slope']) : Number(params['power']) / 3;
      expect(value).toBeCloseTo(slope * Number(params['x']) * 4, 12);
    }
  });

  it('with argparse and a printed result are searched without a change', async (context) => {
    skipIf(noPython, context);
    writeFileSync(
      join(project, 'train.py'),
      `import argparse, random
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1, help="step size")
parser.add_argument("--batch-size", type=int, default=32)
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()
random.seed(args.seed)
for epoch in range(args.epochs):
    loss = args.lr * args.batch_size / (epoch + 1)
    print(f"epoch {epoch}: val_loss={loss:.9f}")
`,
    );
    const trials = await searched('train.py', python, () => ({ stop: { trials: 4 } }));
    for (const { params, value, state } of trials) {
      expect(state).toBe('complete');
      expect(value).toBeCloseTo((Number(params['lr']) * Number(params['batch-size'])) / 3, 8);
    }
  });

  it.for([
    { script: 'train.py', how: 'an option for it' },
    { script: 'opens.py', how: 'its name in the source' },
  ])(
    'with a configuration file and $how are searched by its values',
    async ({ script }, context) => {
      skipIf(noPython, context);
      mkdirSync(join(project, 'conf'));
      const config = '{\n  "model": {"hidden": 64},\n\t"lr": 0.1, "seed": 0, "size": 3\n}\n';
      writeFileSync(join(project, 'conf/base.json'), config);
      writeFileSync(
        join(project, 'train.py'),
        `import argparse, json
parser = argparse.ArgumentParser()
parser.add_argument("--config", default="conf/base.json")
c = json.load(open(parser.parse_args().config))
assert c["size"] == 3 and c["seed"] != 0
print(f"val_loss={c['lr'] * c['model']['hidden']:.9f}")
`,
      );
      writeFileSync(
        join(project, 'opens.py'),
        "import json\nc = json.load(open(\"conf/base.json\"))\nprint(f\"val_loss={c['lr'] * c['model']['hidden']:.9f}\")\n",
      );
      const trials = await searched(script, python, () => ({ stop: { trials: 3 } }));
      expect(trials).toHaveLength(3);
      for (const { params, value, state } of trials) {
        expect(state).toBe('complete');
        expect(value).toBeCloseTo(Number(params['lr']) * Number(params['model.hidden']), 8);
      }
      expect(readFileSync(join(project, 'conf/base.json'), 'utf8')).toBe(config);
    },
  );

  it('that use the module report values, metrics and the result, and find their checkpoints', async (context) => {
    skipIf(noPython, context);
    writeFileSync(
      join(project, 'train.py'),
      `import os, galapagos
p = galapagos.params(lr=0.1, units=8)
folder = galapagos.checkpoint_dir()
path = os.path.join(folder, "weights")
if not os.path.exists(path):
    open(path, "w").close()
    os.kill(os.getpid(), 9) if galapagos.trial_number() == 1 else None
for epoch in range(2):
    galapagos.report(epoch, p["lr"] * epoch, units=p["units"])
galapagos.finish(p["lr"], attempt=galapagos.attempt(), kept=int(os.path.exists(path)))
`,
    );
    const trials = await searched('train.py', python, () => ({ stop: { trials: 3 } }));
    for (const { params, value, state } of trials)
      expect([state, value]).toEqual(['complete', params['lr']]);
  });
});

const peer = process.env['GALAPAGOS_PEER_PYTHON'] ?? '';

const example = (name: string, ...modules: readonly string[]): string | null =>
  copyExample(project, name, ...modules);

/** Lays out MNIST as torchvision keeps it, so that nothing is downloaded. */
function layOut(raw: string): void {
  const bundled = join(import.meta.dirname, '../../resources/datasets/mnist');
  mkdirSync(raw, { recursive: true });
  for (const name of readdirSync(bundled).filter((each) => each.endsWith('.gz')))
    writeFileSync(join(raw, name.slice(0, -3)), gunzipSync(readFileSync(join(bundled, name))));
}

/** Writes 500 and 100 samples of MNIST as `mnist.npz`. */
const MNIST_PART = `
import sys, numpy as np
raw, home = sys.argv[1:]
def read(name, offset, shape, most):
    data = np.fromfile(raw + "/" + name, dtype=np.uint8, offset=offset)
    return data.reshape(-1, *shape)[:most]
np.savez(
    home + "/datasets/mnist.npz",
    x_train=read("train-images-idx3-ubyte", 16, (28, 28), 500),
    y_train=read("train-labels-idx1-ubyte", 8, (), 500),
    x_test=read("t10k-images-idx3-ubyte", 16, (28, 28), 100),
    y_test=read("t10k-labels-idx1-ubyte", 8, (), 100),
)
`;

/** Trains a small BERT, with random weights, to tell which of two words a text repeats. */
const TRAINER = `import os, random
import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments
import galapagos

p = galapagos.params(learning_rate=0.01)

class Texts(torch.utils.data.Dataset):
    def __len__(self):
        return 64
    def __getitem__(self, i):
        return {"input_ids": torch.full((8,), 3 + i % 2), "labels": torch.tensor(i % 2)}

config = BertConfig(
    vocab_size=8, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
    intermediate_size=16, max_position_embeddings=8,
)
Trainer(
    model=BertForSequenceClassification(config),
    args=TrainingArguments(
        output_dir=galapagos.checkpoint_dir(), num_train_epochs=4, learning_rate=p["learning_rate"],
        eval_strategy="epoch", save_strategy="no", report_to=[], use_cpu=True, disable_tqdm=True,
    ),
    train_dataset=Texts(),
    eval_dataset=Texts(),
    callbacks=[galapagos.transformers_callback("eval_loss")],
).train()
`;

describe('Published examples', () => {
  it("Optuna's sklearn_simple.py is searched unchanged", async (context) => {
    skipIf(example('sklearn_simple.py', 'optuna', 'sklearn'), context);
    const trials = await searched('sklearn_simple.py', peer, () => ({ stop: { trials: 4 } }));
    expect(trials.map(({ state }) => state)).toEqual(Array.from({ length: 4 }, () => 'complete'));
    expect(Math.max(...trials.map(({ value }) => value ?? 0))).toBeGreaterThan(0.9);
    for (const { params } of trials)
      expect(Object.keys(params)).toEqual([
        'classifier',
        params['classifier'] === 'SVC' ? 'svc_c' : 'rf_max_depth',
      ]);
  });

  it("Optuna's pruning example is searched unchanged, and 100 reports of a trial arrive", async (context) => {
    skipIf(example('pruning.py', 'optuna', 'sklearn'), context);
    const trials = await searched('pruning.py', peer, ({ objective }) => {
      expect(objective['epochs']).toBe(100);
      return { stop: { trials: 4 }, pruner: { name: 'median', startup: 2 } };
    });
    expect(trials.filter(({ state }) => state === 'complete').length).toBeGreaterThan(1);
    for (const { state } of trials) expect(['complete', 'pruned']).toContain(state);
  });

  it("PyTorch's MNIST example is searched unchanged", async (context) => {
    skipIf(example('pytorch_mnist.py', 'torch', 'torchvision'), context);
    layOut(join(folder.path, 'data', 'MNIST', 'raw'));
    const trials = await searched(
      'pytorch_mnist.py',
      peer,
      ({ searchSpace }) => {
        expect(Object.keys(searchSpace)).toEqual(['batch-size', 'lr', 'gamma']);
        return { stop: { trials: 2 } };
      },
      ['--no-accel', '--dry-run', '--epochs', '1'],
    );
    expect(trials.map(({ state }) => state)).toEqual(Array.from({ length: 2 }, () => 'complete'));
    // Of one batch: better than chance, 2.303.
    expect(Math.min(...trials.map(({ value }) => value ?? Infinity))).toBeLessThan(3);
  });

  it("Optuna's pytorch_simple.py is searched unchanged, with a report of each epoch", async (context) => {
    skipIf(example('pytorch_simple.py', 'torch', 'torchvision', 'optuna'), context);
    // Digits in place of clothes: the files have one format.
    layOut(join(project, 'FashionMNIST', 'raw'));
    const trials = await searched('pytorch_simple.py', peer, ({ objective }) => {
      expect(objective['epochs']).toBe(10);
      return { stop: { trials: 2 } };
    });
    for (const { state, reports, params } of trials) {
      expect([state, reports.length]).toEqual(['complete', 10]);
      expect('n_units_l1' in params).toBe(params['n_layers'] !== 1);
    }
  });

  it("scikit-learn's digits example is searched with the two lines that the docs show", async (context) => {
    const name = 'plot_digits_classification.py';
    skipIf(example(name, 'sklearn', 'matplotlib'), context);
    const script = join(project, name);
    const published = readFileSync(script, 'utf8');
    const changed = `import galapagos\n${published.replace('gamma=0.001', '**galapagos.params(gamma=0.001)')}
expected = globals().get("expected", globals().get("y_test"))
galapagos.finish(metrics.accuracy_score(expected, predicted))\n`;
    expect(changed).toContain('svm.SVC(**galapagos.params(gamma=0.001))');
    writeFileSync(script, changed);
    const trials = await searched(name, peer, () => ({
      direction: 'maximize',
      searchSpace: { gamma: { type: 'float', low: 0.0001, high: 0.1, log: true } },
      stop: { trials: 2 },
    }));
    expect(trials.map(({ state }) => state)).toEqual(Array.from({ length: 2 }, () => 'complete'));
    expect(Math.max(...trials.map(({ value }) => value ?? 0))).toBeGreaterThan(0.9);
  });

  it("Keras's MNIST example is searched with a parameter and a callback, one line each", async (context) => {
    const name = 'keras_mnist_convnet.py';
    vi.stubEnv('KERAS_BACKEND', 'torch');
    skipIf(example(name, 'keras', 'torch'), context);
    const script = join(project, name);
    const published = readFileSync(script, 'utf8');
    const changed = published
      .replace(
        'batch_size = 128',
        'import galapagos; batch_size = galapagos.params(batch_size=128)["batch_size"]',
      )
      .replace(
        'validation_split=0.1',
        'validation_split=0.1, callbacks=[galapagos.keras_callback("val_accuracy")]',
      );
    expect(changed.match(/galapagos\.(params|keras_callback)/g)).toHaveLength(2);
    writeFileSync(script, changed);
    // A part of MNIST as Keras keeps it; it accepts no other file without the second change.
    const shim = join(folder.path, 'shim');
    mkdirSync(join(shim, 'datasets'), { recursive: true });
    layOut(join(folder.path, 'raw'));
    writeFileSync(
      join(shim, 'sitecustomize.py'),
      `import importlib.util, os
if importlib.util.find_spec("keras") and "KERAS_HOME" in os.environ:
    from keras.src.utils import file_utils
    file_utils.validate_file = lambda *args, **kwargs: True
`,
    );
    const made = spawnSync(peer, ['-c', MNIST_PART, join(folder.path, 'raw'), shim], {
      encoding: 'utf8',
    });
    expect(made.stderr).toBe('');
    const trials = await searched(name, peer, ({ objective }) => {
      const env = objective['env'] as Readonly<Record<string, string>>;
      const added = {
        KERAS_BACKEND: 'torch',
        KERAS_HOME: shim,
        PYTHONPATH: `${PYTHON_MODULE}${delimiter}${shim}`,
      };
      return {
        objective: { ...objective, epochs: 15, env: { ...env, ...added } },
        direction: 'maximize',
        searchSpace: { batch_size: { type: 'categorical', choices: [32, 128] } },
        pruner: { name: 'none' },
        stop: { trials: 2 },
      };
    });
    expect(trials.map(({ state, reports }) => [state, reports.length])).toEqual(
      Array.from({ length: 2 }, () => ['complete', 15]),
    );
    expect(Math.max(...trials.map(({ value }) => value ?? 0))).toBeGreaterThan(0.3);
  });

  it("a script with Hugging Face's Trainer is searched with a callback that reports its evaluations", async (context) => {
    skipIf(missingPython('transformers', 'accelerate', 'torch'), context);
    writeFileSync(join(project, 'train.py'), TRAINER);
    const trials = await searched('train.py', peer, ({ objective, searchSpace }) => {
      expect(Object.keys(searchSpace)).toEqual(['learning_rate']);
      return {
        objective: { ...objective, epochs: 4 },
        direction: 'minimize',
        searchSpace: { learning_rate: { type: 'categorical', choices: [0, 0.01] } },
        sampler: { name: 'grid' },
        pruner: { name: 'none' },
        stop: { trials: 2 },
      };
    });
    expect(trials.map(({ state, reports }) => [state, reports.length])).toEqual(
      Array.from({ length: 2 }, () => ['complete', 4]),
    );
    const [still, trained] = trials.toSorted(
      (a, b) => Number(a.params['learning_rate']) - Number(b.params['learning_rate']),
    );
    expect(still?.value).toBeGreaterThan(trained?.value ?? Infinity);
  });

  it('run by themselves, the module prints what it would report', (context) => {
    skipIf(noPython, context);
    const code = 'import galapagos; galapagos.report(0, 0.5); galapagos.finish(0.75)';
    const { stdout } = spawnSync(python, ['-B', '-c', code], {
      env: { ...process.env, PYTHONPATH: PYTHON_MODULE, PYTHONDONTWRITEBYTECODE: '1' },
      encoding: 'utf8',
    });
    expect(stdout.split(/\r?\n/)).toEqual([
      'galapagos: step 0: 0.5',
      'galapagos: result: 0.75',
      '',
    ]);
  });
});
