/**
 * Proposes the rules that find a script's result and reports, and the direction, from its source.
 */
import type { OptunaScript } from './optuna-space.ts';
import { printedValues } from './printed-values.ts';
import { callsIn } from './python-source.ts';
import { repetitionsAt } from './source-blocks.ts';
import { trainerRules } from './trainer-rules.ts';

interface Rules {
  readonly objective: Readonly<Record<string, unknown>>;
  readonly direction: 'minimize' | 'maximize';
  readonly notes: readonly string[];
}

/**
 * @param modules reads the sources of the script and of the modules of its project that it imports:
 *   where the script prints no value, they may
 * @param optuna null: the script has no objective of Optuna
 * @param epochs default of the option that counts epochs, or its value in `args`; undefined:
 *   unknown
 * @param args that the script is given
 */
export function rulesFor(
  script: string,
  modules: () => readonly string[],
  optuna: OptunaScript | null,
  epochs: number | undefined,
  args: readonly string[] = [],
): Rules {
  if (optuna !== null)
    return {
      objective: optuna.reports && optuna.epochs !== undefined ? { epochs: optuna.epochs } : {},
      direction: optuna.directions[0] ?? 'minimize',
      notes:
        optuna.reports && optuna.epochs === undefined
          ? [
              'the number of reports of a trial is unknown: add "epochs" to the objective, so that trials can be pruned',
            ]
          : [],
    };
  const own = printedValues(script);
  const source = own.length > 0 ? script : modules().join('\n');
  const [best, ...others] = own.length > 0 ? own : printedValues(source);
  const reports = callsIn(source, /^galapagos\.report$/)[0];
  const isReported = callsIn(source, /^galapagos\.(finish|optimize|run|\w+_callback)$/).length > 0;
  if (isReported || reports !== undefined) {
    const count = reports === undefined ? epochs : (repetitionsAt(source, reports.at) ?? epochs);
    return {
      objective: count === undefined ? {} : { epochs: count },
      direction: best?.direction ?? 'maximize',
      notes: [`direction: ${best?.direction ?? 'maximize'} is a guess; the script does not say it`],
    };
  }
  const trainer = trainerRules(source, args, epochs);
  if (trainer !== null && (trainer.evaluates || best === undefined)) {
    const { objective, direction, notes } = trainer;
    return { objective, direction, notes };
  }
  if (best === undefined)
    return {
      objective: { result: { stdout: 'accuracy=([-+.0-9eE]+)' } },
      direction: 'maximize',
      notes: [
        'what the script prints as its result is unknown: correct "result" and "direction", or call galapagos.finish(value)',
      ],
    };
  const isPerEpoch = (best.perEpoch || epochs !== undefined) && !/\bbest\b/.test(best.words);
  const also = others.map(({ words }) => words).filter((words) => words !== best.words);
  return {
    objective: {
      result: { [best.rule]: best.pattern },
      ...(isPerEpoch ? { reports: { [best.rule]: best.pattern } } : {}),
      ...(isPerEpoch && epochs !== undefined ? { epochs } : {}),
    },
    direction: best.direction,
    notes: [
      `result: the last "${best.words}" that the script prints is to ${best.direction}, a guess from its print calls${
        also.length === 0 ? '' : `; it also prints ${[...new Set(also)].join(', ')}`
      }`,
    ],
  };
}
