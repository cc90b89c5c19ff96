/** `galapagos logs STUDY TRIAL`. */
import { once } from 'node:events';
import type { Command } from 'commander';
import { THIS_NODE, parseSlot } from '../../core/device.ts';
import { knownStudy } from '../../documents/lab-output.ts';
import {
  attemptsWithOutput,
  outputFolder,
  readOutput,
} from '../../objectives/command/output/output-log.ts';
import type { OutputPart } from '../../objectives/command/output/output-log.ts';
import { Lines } from '../../objectives/command/values/lines.ts';
import type { LogsOutput } from '../../protocol/script-output.ts';
import type { AttemptRecord } from '../../storage/lab-reader.ts';
import { integer } from '../options/arguments.ts';
import { labCommand, withLab } from '../options/lab-command.ts';
import type { LabOptions } from '../options/lab-command.ts';
import { printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { UsageError } from '../process/exit-codes.ts';

interface LogsOptions extends LabOptions {
  readonly attempt?: number;
  readonly follow?: boolean;
}

/** Milliseconds between two looks at the output of a running trial. */
const FOLLOW_MS = 200;

export function addLogs(program: Command, context: Context): void {
  labCommand(
    program,
    'logs',
    "show what a trial's program printed",
    'print one JSON object per line',
  )
    .argument('<study>', "the study's name, or its uid")
    .argument('<trial>', "the trial's number", integer(0))
    .option('--attempt <n>', 'an earlier attempt of the trial (default: the last)', integer(1))
    .option('--follow', 'continue while the trial runs')
    .addHelpText(
      'after',
      `
Standard output and standard error, in the order in which they arrived, of trials whose objective is a command. Of long
outputs the first and the last half of "outputMb" are kept, and a line in between says how much was left out.

Examples:
  galapagos logs mine 3
  galapagos logs mine 3 --follow
  galapagos logs mine 3 --attempt 1 --json`,
    )
    .action(async (named: string, trial: number, options: LogsOptions) => {
      const { lab, json = false, follow = false } = options;
      const folder = await withLab(context, lab, (reader) => {
        const study = knownStudy(reader, named, lab);
        if (reader.story(study.uid ?? study.name, trial) === null)
          throw new UsageError(`${study.name} has no trial ${trial}`, 'unknown-trial');
        return outputFolder(context.userFolder, study.uid ?? study.name, trial);
      });
      const isRunning = (): Promise<boolean> =>
        withLab(context, lab, (reader) => {
          const study = knownStudy(reader, named, lab);
          const state = reader.story(study.uid ?? study.name, trial)?.trial.state;
          return state === 'waiting' || state === 'running';
        });
      const show = json ? jsonPrinter(context, trial) : textPrinter(context);
      let attempt = options.attempt ?? attemptsWithOutput(folder).at(-1) ?? 1;
      let at = 0;
      for (;;) {
        // Read before the output, so that none is missed that was written before the end.
        const goesOn = follow && (await isRunning());
        for (const part of readOutput(folder, attempt, at)) {
          at = part.end;
          await show.part(attempt, part);
        }
        const latest = options.attempt ?? attemptsWithOutput(folder).at(-1) ?? attempt;
        if (latest > attempt) {
          await show.end();
          [attempt, at] = [latest, 0];
        } else if (goesOn) await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
        else break;
      }
      await show.end();
      const elsewhere = await withLab(context, lab, (reader) => {
        const study = knownStudy(reader, named, lab);
        const uid = study.uid ?? study.name;
        return attemptElsewhere(
          reader.story(uid, trial)?.attempts ?? [],
          options.attempt,
          uid,
          trial,
        );
      });
      if (elsewhere !== null && at === 0) {
        const { nodeNamed } = await import('../actions/lan-folder.ts');
        context.streams.stderr.write(
          `${elsewhereText(elsewhere, nodeNamed(context, elsewhere.node))}\n`,
        );
      } else if (at === 0 && !json)
        context.streams.stderr.write(
          `nothing is kept of attempt ${attempt}: its program printed nothing\n`,
        );
    });
}

interface Elsewhere {
  readonly attempt: number;
  /** Id of the node that has the output. */
  readonly node: string;
  /** Relative to the user folder there. */
  readonly file: string;
}

/** The attempt that was asked for, or the last one, if another machine ran it; null: it did not. */
function attemptElsewhere(
  attempts: readonly AttemptRecord[],
  asked: number | undefined,
  study: string,
  trial: number,
): Elsewhere | null {
  const record =
    asked === undefined
      ? attempts.at(-1)
      : attempts.find(({ attemptNumber }) => attemptNumber === asked);
  if (record === undefined) return null;
  const { node } = parseSlot(record.slot);
  if (node === THIS_NODE || node === '') return null;
  const attempt = record.attemptNumber;
  return { attempt, node, file: `output-of-labs/${study}/${trial}/${attempt}.log` };
}

function elsewhereText({ attempt, file }: Elsewhere, machine: string): string {
  return `attempt ${attempt} ran on ${machine}, which has sent no output: its program printed nothing, the connection was lost, or the release there is older. Look there in ${file} of the user folder (~/.local/share/galapagos on Linux, or GALAPAGOS_HOME)`;
}

interface Printer {
  part(attempt: number, part: OutputPart): Promise<void>;
  /** Prints a last line that lacks its end. */
  end(): Promise<void>;
}

function textPrinter({ streams: { stdout } }: Context): Printer {
  let due = '';
  const lines = new Lines((text) => (due += `${text}\n`));
  const write = async (): Promise<void> => {
    const text = due;
    due = '';
    if (text !== '' && !stdout.write(text)) await once(stdout, 'drain');
  };
  return {
    async part(_, { omitted, bytes }) {
      if (omitted > 0) {
        lines.end();
        due += `… ${omitted} bytes of output were left out …\n`;
      }
      lines.add(bytes);
      await write();
    },
    async end() {
      lines.end();
      await write();
    },
  };
}

/** A line, and a character, may begin in one part and end in the next. */
function jsonPrinter(context: Context, trial: number): Printer {
  let due: { attempt: number; omitted: number } | null = null;
  let found: string[] = [];
  const lines = new Lines((text) => found.push(text));
  const print = (): void => {
    if (due === null || found.length === 0) return;
    printJson(context, { trial, ...due, lines: found } satisfies LogsOutput);
    due = { ...due, omitted: 0 };
    found = [];
  };
  const end = (): void => {
    lines.end();
    print();
    due = null;
  };
  return {
    part(attempt, { omitted, bytes }) {
      if (omitted > 0) end();
      due ??= { attempt, omitted };
      lines.add(bytes);
      print();
      return Promise.resolve();
    },
    end: () => {
      end();
      return Promise.resolve();
    },
  };
}
