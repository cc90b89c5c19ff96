import { describe, expect, it } from 'vitest';
import { rulesFor } from '../../../src/studies/script/result-rules.ts';
import { givenValue } from '../../../src/studies/script/script-arguments.ts';
import { trainerRules } from '../../../src/studies/script/trainer-rules.ts';

const PARSED = `from transformers import HfArgumentParser, Trainer, TrainingArguments
parser = HfArgumentParser((TrainingArguments,))
(args,) = parser.parse_args_into_dataclasses()
trainer = Trainer(model=model, args=args)
trainer.train()
trainer.log_metrics("eval", trainer.evaluate())
`;
const WRITTEN = `from transformers import Seq2SeqTrainer, TrainingArguments
args = TrainingArguments("out", eval_strategy="steps", eval_steps=50, max_steps=1010, metric_for_best_model="f1")
Seq2SeqTrainer(model=model, args=args).train()
print(f"f1: {f1}")
`;

/** Lines of the Trainer: a dict of an old and of a new release, and the table of log_metrics. */
const OLD = "{'eval_loss': 0.2971, 'eval_runtime': 0.04, 'epoch': 1.0}";
const NEW = "{'eval_loss': '1.2e-05', 'eval_runtime': '0.04', 'epoch': '1'}";
const TABLE = '  eval_loss               =     0.0014';

function read(rule: unknown, line: string): string | undefined {
  const { stdout } = rule as { readonly stdout: string };
  return new RegExp(stdout).exec(line)?.[1];
}

describe('Rules of scripts with a Trainer', () => {
  it('read the loss of each evaluation, and of the table where the script evaluates at its end', () => {
    const each = trainerRules(PARSED, ['--eval_strategy', 'epoch'], 3);
    expect(each).toMatchObject({ direction: 'minimize', objective: { epochs: 3 } });
    for (const rule of [each?.objective['result'], each?.objective['reports']])
      expect([OLD, NEW, TABLE].map((line) => read(rule, line))).toEqual([
        '0.2971',
        '1.2e-05',
        undefined,
      ]);
    const atEnd = trainerRules(PARSED, [], 3);
    expect(Object.keys(atEnd?.objective ?? {})).toEqual(['result']);
    expect([OLD, TABLE].map((line) => read(atEnd?.objective['result'], line))).toEqual([
      '0.2971',
      '0.0014',
    ]);
    expect(atEnd?.notes.join()).toContain('--eval_strategy epoch');
  });

  it('count the evaluations by epochs or by steps, which arguments change', () => {
    const count = (...args: string[]) => trainerRules(PARSED, args, 3)?.objective['epochs'];
    expect(count('--eval_strategy=epoch', '--num_train_epochs=7')).toBe(7);
    expect(count('--eval_strategy', 'epoch', '--num_train_epochs', '2.5')).toBe(3);
    expect(count('--eval_strategy', 'epoch', '--max_steps', '100')).toBeUndefined();
    expect(count('--eval_strategy', 'steps', '--eval_steps', '5')).toBeUndefined();
    expect(count('--eval_strategy', 'steps', '--eval_steps', '5', '--max_steps', '52')).toBe(10);
    expect(trainerRules(WRITTEN, [], undefined)?.objective['epochs']).toBe(20);
  });

  it('take the metric by which the Trainer chooses the best checkpoint, and its direction', () => {
    const rules = rulesFor(WRITTEN, () => [WRITTEN], null, undefined);
    expect(rules.direction).toBe('maximize');
    expect(read(rules.objective['reports'], "{'eval_f1': 0.5, 'epoch': 1.0}")).toBe('0.5');
    const args = ['--metric_for_best_model', 'eval_wer', '--greater_is_better', 'False'];
    const given = rulesFor(WRITTEN, () => [WRITTEN], null, undefined, args);
    expect(given.direction).toBe('minimize');
    expect(read(given.objective['result'], "{'eval_wer': 0.25}")).toBe('0.25');
  });

  it('are none of a script without a Trainer, and yield to a printed result without evaluations', () => {
    expect(trainerRules('import transformers\nTrainer()', [], 1)).not.toBeNull();
    expect(trainerRules('from lightning import Trainer\nTrainer()', [], 1)).toBeNull();
    expect(trainerRules('import transformers\nfit()', [], 1)).toBeNull();
    const { objective } = rulesFor(`${PARSED}print(f"accuracy: {a}")`, () => [], null, undefined);
    expect(read(objective['result'], 'accuracy: 0.5')).toBe('0.5');
  });
});

describe('Arguments that a script is given', () => {
  it('give the value of an option in each notation, the last one where it is repeated', () => {
    expect(givenValue(['--lr', '0.1', '--lr', '0.2'], '--lr')).toBe('0.2');
    expect(givenValue(['--lr=0.1', '--lr=0.3'], '--lr')).toBe('0.3');
    expect(givenValue(['optim.lr=0.4'], 'optim.lr')).toBe('0.4');
    expect(givenValue(['--lr'], '--lr')).toBeUndefined();
    expect(givenValue(['lr', '1'], 'lr')).toBeUndefined();
  });
});
