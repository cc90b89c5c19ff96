/** Searches scripts that parse their options or train with a framework, as it is installed here. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { built } from '../support/built-command.ts';
import { missingPython } from '../support/peer-python.ts';
import { skipIf } from '../support/platform.ts';
import { scriptPlace, searchScript } from '../support/searched-script.ts';

beforeAll(built);

const peer = process.env['GALAPAGOS_PEER_PYTHON'] ?? '';
const place = scriptPlace();

const TRAIN = `    for epoch in range(epochs):
        print(f"epoch {epoch}: val_loss={lr * batch_size / (epoch + 1):.9f}")
`;
const SIGNATURE = 'lr: float = 0.1, batch_size: int = 32, epochs: int = 2';
const FIELDS = `@dataclass
class Config:
    lr: float = 0.1
    batch_size: int = 32
    epochs: int = 2
`;

/** Scripts that print the loss of each epoch, by the package that parses their options. */
const scripts = {
  click: `import click

@click.command()
@click.option("--lr", type=float, default=0.1)
@click.option("--batch-size", type=int, default=32)
@click.option("--epochs", default=2)
def main(lr, batch_size, epochs):
${TRAIN}
main()
`,
  typer: `import typer

def main(${SIGNATURE}):
${TRAIN}
typer.run(main)
`,
  tyro: `from dataclasses import dataclass
import tyro

${FIELDS}
def main(lr, batch_size, epochs):
${TRAIN}
main(**vars(tyro.cli(Config)))
`,
  jsonargparse: `from jsonargparse import CLI

def main(${SIGNATURE}):
${TRAIN}
CLI(main)
`,
  hydra: `from dataclasses import dataclass
import hydra
from hydra.core.config_store import ConfigStore

${FIELDS}
ConfigStore.instance().store(name="config", node=Config)

def train(lr, batch_size, epochs):
${TRAIN}
@hydra.main(version_base=None, config_name="config", config_path=None)
def main(config):
    train(**config)

main()
`,
} as const;

/** Two epochs of a line fitted to points; the learning rate 0 does not learn. */
const LIGHTNING = `import torch
import lightning.pytorch as lightning
import galapagos

p = galapagos.params(learning_rate=0.1)

class Line(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer = torch.nn.Linear(1, 1)
    def loss(self, batch):
        return torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1])
    def training_step(self, batch, index):
        return self.loss(batch)
    def validation_step(self, batch, index):
        self.log("val_loss", self.loss(batch))
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=p["learning_rate"])

x = torch.linspace(-1, 1, 64).unsqueeze(1)
data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, 3 * x + 1), batch_size=8)
trainer = lightning.Trainer(
    max_epochs=3, accelerator="cpu", logger=False, enable_checkpointing=False,
    enable_progress_bar=False, enable_model_summary=False,
    callbacks=[galapagos.lightning_callback("val_loss")],
)
trainer.fit(Line(), data, data)
`;

describe('Python frameworks', () => {
  it.for(Object.keys(scripts) as (keyof typeof scripts)[])(
    'options of %s are found and passed, without a change of the script',
    async (parser, context) => {
      skipIf(missingPython(parser), context);
      writeFileSync(join(place.project, 'train.py'), scripts[parser]);
      const trials = await searchScript(place, 'train.py', peer, ({ searchSpace, objective }) => {
        expect(Object.keys(searchSpace).map((name) => name.replace('-', '_'))).toEqual([
          'lr',
          'batch_size',
        ]);
        expect(searchSpace['lr']).toMatchObject({ type: 'float', log: true });
        expect(objective['epochs']).toBe(2);
        return { stop: { trials: 2 } };
      });
      for (const { state, value, params, reports } of trials) {
        const { lr, ...rest } = params;
        expect([state, reports.length]).toEqual(['complete', 2]);
        expect(value).toBeCloseTo((Number(lr) * Number(Object.values(rest)[0])) / 2, 8);
      }
    },
  );

  it('a training of PyTorch Lightning reports its validations by the callback', async (context) => {
    skipIf(missingPython('lightning', 'torch'), context);
    writeFileSync(join(place.project, 'train.py'), LIGHTNING);
    const trials = await searchScript(place, 'train.py', peer, ({ objective }) => ({
      objective: { ...objective, epochs: 3 },
      direction: 'minimize',
      searchSpace: { learning_rate: { type: 'categorical', choices: [0, 0.1] } },
      sampler: { name: 'grid' },
      pruner: { name: 'none' },
      stop: { trials: 2 },
    }));
    for (const { state, value, reports } of trials) {
      // Not those of the check before the training.
      expect([state, reports.map(({ step }) => step)]).toEqual(['complete', [0, 1, 2]]);
      expect(value).toBe(reports.at(-1)?.value);
    }
    const [still, learned] = trials.toSorted(
      (a, b) => Number(a.params['learning_rate']) - Number(b.params['learning_rate']),
    );
    expect(still?.reports[0]?.value).toBe(still?.value);
    expect(learned?.value).toBeLessThan((still?.value ?? 0) / 2);
  });
});
