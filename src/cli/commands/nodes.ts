/** `galapagos nodes`: the machines that are admitted to the lab of this one. */
import type { Command } from 'commander';
import type * as Actions from '../actions/nodes.ts';
import { text } from '../options/arguments.ts';
import type { Context } from '../process/context.ts';

interface Options {
  readonly json?: boolean;
  readonly now?: boolean;
}

export function addNodes(program: Command, context: Context): void {
  const nodes = program
    .command('nodes')
    .description('list, rename, drain, pause, resume and remove the nodes of the lab')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
A node is named by its name or its id. Changes apply within a second while a lab is shared from this machine, and
otherwise when one is. A removed node comes back only by a new invitation or new digits.

Examples:
  galapagos nodes
  galapagos nodes show PIXEL
  galapagos nodes drain PIXEL            finish running trials, take no more
  galapagos nodes drain PIXEL --now      return running trials to the queue
  galapagos nodes resume PIXEL
  galapagos nodes remove PIXEL`,
    )
    .action((options: Options) => carryOut(({ listNodes }) => listNodes(context, options)));

  const one = (name: string, description: string): Command =>
    nodes
      .command(name)
      .description(description)
      .argument('<node>', 'name or id of a node', text)
      .option('--json', 'print one JSON document');

  nodes
    .command('list')
    .description('list the nodes')
    .option('--json', 'print one JSON document')
    .action((_: unknown, command: Command) =>
      carryOut(({ listNodes }) => listNodes(context, optionsOf(command))),
    );
  one('show', 'show a node').action((node: string, _: unknown, command: Command) =>
    carryOut(({ showNode }) => showNode(context, node, optionsOf(command))),
  );
  one('rename', 'rename a node')
    .argument('<name>', 'the new name', text)
    .action((node: string, name: string, _: unknown, command: Command) =>
      carryOut(({ renameNode }) => renameNode(context, node, name, optionsOf(command))),
    );
  one('drain', 'let a node finish its running trials, and give it no more')
    .option('--now', 'return its running trials to the queue')
    .action((node: string, { now = false }: Options, command: Command) =>
      carryOut(({ wish }) => wish(context, node, now ? 'drainNow' : 'drain', optionsOf(command))),
    );
  one('pause', 'give a node no trials; running ones have 5 s to finish').action(
    (node: string, _: unknown, command: Command) =>
      carryOut(({ wish }) => wish(context, node, 'pause', optionsOf(command))),
  );
  one('resume', 'give a drained or paused node trials again').action(
    (node: string, _: unknown, command: Command) =>
      carryOut(({ wish }) => wish(context, node, 'resume', optionsOf(command))),
  );
  one('remove', 'remove a node: its key no longer counts').action(
    (node: string, _: unknown, command: Command) =>
      carryOut(({ removeNode }) => removeNode(context, node, optionsOf(command))),
  );
}

/** `nodes` itself takes --json wherever it stands, so that the options of both count. */
function optionsOf(command: Command): Options {
  return command.optsWithGlobals();
}

/** Loads the actions on demand: loading them would slow down every other command. */
async function carryOut(act: (actions: typeof Actions) => void): Promise<void> {
  act(await import('../actions/nodes.ts'));
}
