/** `galapagos node`: this machine takes part in the lab of another one. */
import type { Command } from 'commander';
import { createNodeDisplay } from '../display/node-display.ts';
import { addNodeOptions } from '../options/node-options.ts';
import type { NodeFlags } from '../options/node-options.ts';
import type { Context } from '../process/context.ts';
import { addNodeInstall } from './node-install.ts';

type Flags = NodeFlags & { readonly ephemeral?: boolean; readonly json?: boolean };

export function addNode(program: Command, context: Context): void {
  const node = program
    .command('node')
    .description('work for the lab of another machine: evaluate trials of its studies');
  addNodeOptions(node)
    .option('--ephemeral', 'keep this machine’s key in memory only; the lab forgets it soon after')
    .option('--json', 'print events as JSON, one object per line')
    .addHelpText(
      'after',
      `
Join once with an invitation (galapagos invite on the host, or the one that --share prints there) or with the address
of the host, where both people compare six digits. Afterwards, galapagos node connects to the same lab.
Ctrl-C and SIGTERM finish running trials for at most 25 s (--drain-grace), then leave; a second signal leaves at once.

Exit codes: 0 left, 1 failure, 2 invalid usage or input, 3 removed or refused by the lab, 4 another protocol version.

Examples:
  galapagos node --join galapagos-join:…
  galapagos node desk.local
  galapagos node
  galapagos node --devices gpu --hours 18-8 --when-idle
  galapagos node install --join galapagos-join:…     (at every login)`,
    )
    .action(async (host: string | undefined, { json = false, ...flags }: Flags) => {
      // Loaded on demand: loading the native library would slow down every other command.
      const { runNode } = await import('../node/run-node.ts');
      const display = createNodeDisplay(context, json);
      context.exitWith(await runNode({ host: host ?? null, ...flags }, context, display));
    });
  addNodeInstall(node, context);
}
