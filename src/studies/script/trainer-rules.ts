/**
 * Rules for scripts that train with the Trainer of Hugging Face's transformers, which prints its
 * evaluations by itself: a dict an evaluation, and a table with `log_metrics`. Pure.
 */
import { importsIn } from '../../objectives/command/python/python-imports.ts';
import { NUMBER } from './printed-values.ts';
import { callsIn, literal } from './python-source.ts';
import { givenValue } from './script-arguments.ts';

interface TrainerRules {
  readonly objective: Readonly<Record<string, unknown>>;
  readonly direction: 'minimize' | 'maximize';
  readonly notes: readonly string[];
  /** True if the script or its arguments say that it evaluates while it trains. */
  readonly evaluates: boolean;
}

/**
 * @param args that the script is given
 * @param epochs default of the option that counts epochs, or its value in `args`
 * @returns null: the script has no Trainer
 */
export function trainerRules(
  source: string,
  args: readonly string[],
  epochs: number | undefined,
): TrainerRules | null {
  if (!importsIn(source).has('transformers')) return null;
  if (callsIn(source, /(^|\.)\w*Trainer$/).length === 0) return null;
  const own = callsIn(source, /(^|\.)\w*TrainingArguments$/).map(({ named }) => named);
  const setting = (name: string): string | undefined =>
    givenValue(args, `--${name}`) ??
    own.flatMap((named) => {
      const value = literal(named[name]);
      return value === undefined ? [] : [String(value)];
    })[0];
  const strategy = setting('eval_strategy') ?? setting('evaluation_strategy') ?? 'no';
  const evaluates = strategy === 'epoch' || strategy === 'steps';
  const best = setting('metric_for_best_model') ?? 'loss';
  const metric = best.startsWith('eval_') ? best : `eval_${best}`;
  const name = metric.replaceAll(/\W/g, String.raw`\$&`);
  const printed = `'${name}': '?${NUMBER}`;
  const count = reportsOf(strategy, setting, epochs);
  const isLoss = metric.endsWith('loss');
  const smaller = setting('greater_is_better')?.toLowerCase() === 'false' || isLoss;
  return {
    objective: {
      result: {
        stdout: evaluates ? printed : String.raw`\b${name}'?\s*[:=]\s*'?${NUMBER}`,
      },
      ...(evaluates ? { reports: { stdout: printed } } : {}),
      ...(evaluates && count !== undefined ? { epochs: count } : {}),
    },
    direction: smaller ? 'minimize' : 'maximize',
    notes: [
      `result: the last ${metric} that the Trainer prints is to ${smaller ? 'minimize' : 'maximize'}${
        isLoss ? '; another metric: --metric_for_best_model NAME after --' : ''
      }`,
      ...(evaluates
        ? []
        : [
            'the script does not evaluate while it trains, so trials report nothing and cannot be pruned: give it --eval_strategy epoch after --, and --do_train --do_eval if it has these options',
          ]),
      ...(evaluates && count === undefined
        ? [
            'the number of evaluations of a trial is unknown: add "epochs" to the objective, so that trials can be pruned',
          ]
        : []),
    ],
    evaluates,
  };
}

/** Number of evaluations of a training; undefined: it depends on the data. */
function reportsOf(
  strategy: string,
  setting: (name: string) => string | undefined,
  epochs: number | undefined,
): number | undefined {
  const steps = Number(setting('max_steps') ?? '-1');
  const every = Number(setting('eval_steps') ?? setting('logging_steps') ?? 'NaN');
  const count =
    strategy === 'steps'
      ? Math.floor(steps / every)
      : steps > 0
        ? NaN
        : Math.ceil(Number(setting('num_train_epochs') ?? epochs ?? 'NaN'));
  return Number.isSafeInteger(count) && count > 0 ? count : undefined;
}
