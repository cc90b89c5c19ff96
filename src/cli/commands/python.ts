/** `galapagos python install | path`. */
import type { Command } from 'commander';
import type * as Actions from '../actions/python-module.ts';
import { text } from '../options/arguments.ts';
import type { Context } from '../process/context.ts';

interface Options {
  readonly json?: boolean;
}

export function addPython(program: Command, context: Context): void {
  const python = program
    .command('python')
    .description('install the Python module with which training scripts report to a study')
    .addHelpText(
      'after',
      `
The module galapagos is one file without dependencies, for Python 3.8 and newer. A
script uses it to read its parameters, to report values and to end early; outside a
study the script still runs by itself: see docs/scripts.md. Every subcommand accepts --json and --help.

Examples:
  galapagos python install
  galapagos python install --python ./venv
  pip install "$(galapagos python path)"`,
    );
  python
    .command('install')
    .description("copy the module into a Python's site-packages folder")
    .option(
      '--python <path>',
      'interpreter, or folder of an environment (default: the active environment, .venv, python3)',
      text,
    )
    .option('--json', 'print one JSON document')
    .action(async ({ python: named, json = false }: Options & { readonly python?: string }) => {
      await (await actions()).installModule(context, named, json);
    });
  python
    .command('path')
    .description('print the folder of the module, for pip install')
    .option('--json', 'print one JSON document')
    .action(async ({ json = false }: Options) => {
      (await actions()).printFolder(context, json);
    });
}

/** Loaded on demand: listing commands starts no interpreter. */
function actions(): Promise<typeof Actions> {
  return import('../actions/python-module.ts');
}
