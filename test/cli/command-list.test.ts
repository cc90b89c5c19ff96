import { Readable, Writable } from 'node:stream';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addCommands, commands, subcommandTerm } from '../../src/cli/command-list.ts';
import type { Context } from '../../src/cli/process/context.ts';

const stdout = Object.assign(new Writable(), { columns: 80, rows: 24 });
const context: Context = {
  streams: { stdin: Readable.from([]), stdout, stderr: { write: () => true }, env: {}, cwd: '/' },
  resources: '/resources',
  userFolder: '/user',
  exitWith: () => undefined,
};

/** The lines that `--help` lists, where the command line names these commands. */
async function listed(named: readonly string[]): Promise<string[]> {
  const program = new Command();
  await addCommands(program, named, context, () => Promise.resolve(0));
  const help = program.createHelp();
  return program.commands.map(
    (command) => `${subcommandTerm(command)}: ${help.subcommandDescription(command)}`,
  );
}

describe('Command line: list of commands', () => {
  it('lists a command whose module is not loaded as its module would', async () => {
    expect(await listed([])).toEqual(await listed(Object.keys(commands)));
  });

  it('has a line of at most 80 columns for each command', async () => {
    const program = new Command().configureHelp({ helpWidth: 80, subcommandTerm });
    await addCommands(program, [], context, () => Promise.resolve(0));
    const help = program.helpInformation();
    for (const { summary } of Object.values(commands)) expect(help).toContain(`${summary}\n`);
  });
});
