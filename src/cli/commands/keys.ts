/** `galapagos keys show | rotate`. */
import type { Command } from 'commander';
import type * as Actions from '../actions/keys.ts';
import type { Context } from '../process/context.ts';

interface Options {
  readonly json?: boolean;
}

export function addKeys(program: Command, context: Context): void {
  const keys = program
    .command('keys')
    .description('show or replace the key by which other machines know this one')
    .addHelpText(
      'after',
      `
The key is created the first time that it is needed. Its secret half never leaves
this machine. After rotate, connected machines hear of the new key at once, others
when they connect; the former key counts for 30 days. Rotating the key shuts no
machine out: to do that, remove the node.

Examples:
  galapagos keys show
  galapagos keys show --json
  galapagos keys rotate`,
    );
  keys
    .command('show')
    .description('show the public key of this machine and its fingerprint')
    .option('--json', 'print one JSON document')
    .action(async ({ json = false }: Options) => (await actions()).showKeys(context, json));
  keys
    .command('rotate')
    .description('replace the key; machines that know the present one hear of the new one')
    .option('--json', 'print one JSON document')
    .action(async ({ json = false }: Options) => (await actions()).rotateKeys(context, json));
}

/** Loaded on demand: listing commands needs no cryptography. */
function actions(): Promise<typeof Actions> {
  return import('../actions/keys.ts');
}
