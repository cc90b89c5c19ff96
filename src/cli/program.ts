/**
 * The `galapagos` command: assembles its commands and handles every error. The commands are in
 * `command-list.ts`.
 */
import { homedir } from 'node:os';
import { Command, CommanderError } from 'commander';
import { nearestName } from '../core/nearest-name.ts';
import { userFolder } from '../runtime/user-folder.ts';
import { addCommands, subcommandTerm } from './command-list.ts';
import { wrapped } from './display/wrap.ts';
import type { Context, Streams } from './process/context.ts';
import { EXIT, UsageError } from './process/exit-codes.ts';
import type { ExitCode } from './process/exit-codes.ts';
import { reportError } from './process/report-error.ts';
import { resourcesFolder } from './process/resources.ts';
import { versionOf } from './process/version.ts';
import type { RunStudy } from './run/resolved-run.ts';

export interface Parts {
  readonly runStudy: RunStudy;
}

/**
 * Executes one command line (without node and script). Never throws; all output goes to the
 * streams.
 */
export async function runCli(
  args: readonly string[],
  streams: Streams,
  { runStudy }: Parts,
): Promise<ExitCode> {
  let exit: ExitCode = EXIT.done;
  const context: Context = {
    streams,
    get resources() {
      return resourcesFolder();
    },
    get userFolder() {
      return userFolder({ platform: process.platform, env: streams.env, home: homedir() });
    },
    exitWith: (code) => {
      exit = code;
    },
  };
  const program = createProgram(context);
  try {
    await addCommands(program, args, context, runStudy);
    if (args.length === 0)
      throw new UsageError(
        `no command given: expected one of ${program.commands.map((command) => command.name()).join(', ')}; see galapagos --help`,
      );
    await program.parseAsync([...args], { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    const json = args.includes('--json');
    const said =
      error instanceof CommanderError
        ? new UsageError(unknownSubcommand(program, args, error) ?? usageSentence(error.message))
        : error;
    return reportError(said, streams.stderr, {
      json,
      debug: (streams.env['GALAPAGOS_DEBUG'] ?? '') !== '',
    });
  }
}

/** Greatest number of columns of help. */
const HELP_WIDTH = 80;
const LEAST_WIDTH = 40;

function createProgram(context: Context): Command {
  const { streams } = context;
  const helpWidth = Math.max(
    LEAST_WIDTH,
    Math.min(HELP_WIDTH, streams.stdout.columns || HELP_WIDTH),
  );
  const program = new Command('galapagos')
    .description(
      'Hyperparameter optimization for neural networks and programs, on one machine or several.',
    )
    .version(versionOf(context.resources))
    .exitOverride()
    .showSuggestionAfterError()
    .commandsGroup('Help:')
    .helpCommand(true)
    .configureHelp({ helpWidth, subcommandTerm })
    .configureOutput({
      writeOut: (text) => {
        streams.stdout.write(wrapped(text, helpWidth));
      },
      // `reportError` prints errors, once.
      outputError: () => undefined,
    })
    .addHelpText(
      'after',
      `
Every command accepts --help and --json. --json prints one JSON document, or one JSON object per line; errors are
printed to stderr as one JSON object.

Exit codes: 0 success, 1 failure, 2 invalid usage or input, 130 interrupted.

Examples:
  galapagos run mnist                      search on MNIST, on all cores
  galapagos init train.py                  write study.json for your script
  galapagos run study.json --workers 2     run your own study
  galapagos best mnist                     show its best configurations
  galapagos serve                          open the window in a browser`,
    );
  return program;
}

/**
 * Returns a sentence about a wrong subcommand of a command that does something without one, which
 * commander counts as an argument too many; null: the error is another one.
 */
function unknownSubcommand(
  program: Command,
  args: readonly string[],
  { code }: CommanderError,
): string | null {
  if (code !== 'commander.excessArguments') return null;
  let command = program;
  for (const word of args) {
    if (word.startsWith('-')) continue;
    const next = command.commands.find((each) => each.name() === word);
    if (next !== undefined) {
      command = next;
      continue;
    }
    if (command === program || command.commands.length === 0) return null;
    const names = command.commands.map((each) => each.name());
    const nearest = nearestName(word, names);
    const guess =
      nearest === undefined ? `expected one of ${names.join(', ')}` : `did you mean ${nearest}?`;
    return `unknown command '${word}' of ${command.name()}: ${guess}; see galapagos ${command.name()} --help`;
  }
  return null;
}

/** Converts `error: unknown option '--x'\n(Did you mean --y?)` to a sentence. */
function usageSentence(message: string): string {
  return `${message
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '')}; see galapagos --help`;
}
