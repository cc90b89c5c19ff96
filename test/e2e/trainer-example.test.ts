/**
 * Searches the published language-modeling example of Hugging Face's Trainer as it is: a network
 * with random weights, and texts, tokenizer and metric made here in place of those of the hub.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { built } from '../support/built-command.ts';
import { skipIf } from '../support/platform.ts';
import { copyExample } from '../support/published-example.ts';
import { scriptPlace, searchScript } from '../support/searched-script.ts';

beforeAll(built);

const peer = process.env['GALAPAGOS_PEER_PYTHON'] ?? '';
const place = scriptPlace();

/** Writes texts that repeat eight letters in their order, a tokenizer of words, and a metric. */
const INPUTS = `
import os, random
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

letters = "abcdefgh"
vocabulary = {"<unk>": 0, "<eos>": 1, **{letter: i + 2 for i, letter in enumerate(letters)}}
tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
PreTrainedTokenizerFast(
    tokenizer_object=tokenizer, unk_token="<unk>", eos_token="<eos>", model_max_length=64
).save_pretrained("tokenizer")
random.seed(0)
for name, count in [("train", 64), ("validation", 16)]:
    with open(name + ".txt", "w") as file:
        for start in (random.randrange(8) for _ in range(count)):
            file.write(" ".join(letters[(start + i) % 8] for i in range(16)) + "\\n")
os.mkdir("accuracy")
with open("accuracy/accuracy.py", "w") as file:
    file.write('''
import datasets
import evaluate

class Accuracy(evaluate.Metric):
    def _info(self):
        number = datasets.Value("int32")
        features = datasets.Features({"predictions": number, "references": number})
        return evaluate.MetricInfo(description="", citation="", features=features)
    def _compute(self, predictions, references):
        equal = sum(a == b for a, b in zip(predictions, references))
        return {"accuracy": equal / len(references)}
''')
`;

const EPOCHS = 20;
const ARGUMENTS = [
  ...['--model_type', 'gpt2', '--tokenizer_name', 'tokenizer', '--block_size', '16'],
  ...['--config_overrides', 'n_embd=16,n_layer=1,n_head=2,vocab_size=10,n_positions=16'],
  ...['--train_file', 'train.txt', '--validation_file', 'validation.txt'],
  ...['--do_train', '--do_eval', '--eval_strategy', 'epoch', '--save_strategy', 'no'],
  ...['--num_train_epochs', String(EPOCHS), '--report_to', 'none', '--use_cpu'],
];
/** Learning rates that learn, then those that do not. */
const RATES = [0.01, 0.02, 1e-9, 2e-9] as const;

describe("The Trainer's published example", () => {
  it('run_clm.py is searched unchanged, and trials that do not learn are pruned', async (context) => {
    const name = 'run_clm.py';
    const modules = ['torch', 'transformers', 'accelerate', 'datasets', 'evaluate'] as const;
    skipIf(copyExample(place.project, name, ...modules), context);
    const offline = { HF_HUB_OFFLINE: '1', HF_HOME: join(place.path, 'hub') };
    const made = spawnSync(peer, ['-c', INPUTS], {
      cwd: place.project,
      env: { ...process.env, ...offline, PYTHONDONTWRITEBYTECODE: '1' },
      encoding: 'utf8',
    });
    expect(made.status, made.stderr).toBe(0);
    const trials = await searchScript(
      place,
      name,
      peer,
      ({ searchSpace, objective, direction }) => {
        expect(Object.keys(searchSpace)).toEqual([
          'per_device_train_batch_size',
          'learning_rate',
          'warmup_steps',
          'weight_decay',
          'adam_beta1',
          'adam_beta2',
          'max_grad_norm',
        ]);
        expect(objective).toMatchObject({ epochs: EPOCHS, result: objective['reports'] });
        expect(direction).toBe('minimize');
        const env = { ...(objective['env'] as object), ...offline };
        return {
          objective: { ...objective, env },
          searchSpace: { learning_rate: { type: 'categorical', choices: RATES } },
          sampler: { name: 'grid' },
          pruner: { name: 'median', startup: 1 },
          stop: { trials: RATES.length },
        };
      },
      ARGUMENTS,
    );
    const good = trials.filter(({ params }) => Number(params['learning_rate']) >= 0.01);
    expect(good.map(({ state }) => state)).toEqual(['complete', 'complete']);
    for (const { value, reports } of good) {
      expect(reports).toHaveLength(EPOCHS);
      expect(value).toBe(reports.at(-1)?.value);
      // Chance is ln 8 = 2.08.
      expect(value).toBeLessThan(0.5);
    }
    const bad = trials.filter((trial) => !good.includes(trial));
    expect(bad.map(({ state }) => state)).toEqual(['pruned', 'pruned']);
    for (const { reports } of bad) expect(reports[0]?.value).toBeGreaterThan(1.5);
  });
});
