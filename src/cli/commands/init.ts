/** `galapagos init SCRIPT`. */
import type { Command } from 'commander';
import { text } from '../options/arguments.ts';
import type { Context } from '../process/context.ts';

interface Flags {
  readonly output: string;
  readonly config?: string;
  readonly python?: string;
  readonly json?: boolean;
}

export function addInit(program: Command, context: Context): void {
  program
    .command('init')
    .description('look at a training script and write a study file for it')
    .argument('<script>', 'a Python script', text)
    .argument('[arguments...]', 'arguments that the script needs, after --')
    .option('--output <file>', 'the study file, which must not exist', text, 'study.json')
    .option(
      '--config <file>',
      'the YAML, JSON or TOML file from which the script reads its parameters (default: found by its options or source)',
      text,
    )
    .option(
      '--python <path>',
      'interpreter, or folder of an environment (default: the active environment, .venv, python3)',
      text,
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Runs SCRIPT --help if the script parses options (argparse, click, typer, tyro, Hydra,
jsonargparse, fire, absl), and reads its source: Optuna's suggest calls, print calls,
galapagos.params, and the configuration file that it opens. Proposes ranges by name
and default, and prints what it could not know. Trains nothing.

Examples:
  galapagos init train.py
  galapagos init train.py --config config.yaml
  galapagos init train.py --output lr.json --python ./venv
  galapagos init train.py -- fit --data ./data`,
    )
    .action(async (script: string, args: readonly string[], flags: Flags) => {
      // Loaded on demand: listing commands reads no scripts.
      const { writeInitialStudy } = await import('../actions/init-study.ts');
      await writeInitialStudy(context, script, args, flags);
    });
}
