/** `galapagos serve`: the window for a browser and the lab behind it. */
import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { ServeOutput } from '../../protocol/cli-output.ts';
import type { LabShare } from '../../lab/share.ts';
import { linkOf } from '../../server/access.ts';
import { serveToken } from '../actions/serve-token.ts';
import { shareLab, sharedLines } from '../actions/share-lab.ts';
import type { TokenOptions } from '../actions/serve-token.ts';
import { text } from '../options/arguments.ts';
import {
  addShareOptions,
  addWorkerOptions,
  countedWorkers,
  portNumber,
  sharePort,
} from '../options/share-options.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { UsageError } from '../process/exit-codes.ts';
import { onInterrupt } from '../process/interrupt.ts';
import { onOutputLost } from '../process/lost-output.ts';
import { versionOf } from '../process/version.ts';
import { windowFolder } from '../process/window-folder.ts';
import { chooseDevices } from '../run/choose-devices.ts';
import type { ChosenDevices } from '../run/choose-devices.ts';

interface ServeOptions extends TokenOptions {
  readonly port: number;
  readonly host: string;
  readonly lab: string;
  readonly workers?: number;
  readonly devices?: readonly string[];
  readonly printLink?: boolean;
  readonly share?: boolean;
  readonly labPort?: number;
  readonly json?: boolean;
}

export function addServe(program: Command, context: Context): void {
  const command = program
    .command('serve')
    .description(
      'serve the window to a browser and print its link, which contains the access token',
    )
    .option('--port <n>', 'port to listen on; 0: any free port', portNumber, 7355)
    .option(
      '--host <address>',
      'address to listen on; 0.0.0.0 accepts other machines',
      text,
      '127.0.0.1',
    )
    .option(
      '--token-file <file>',
      'file that contains the access token (or set GALAPAGOS_TOKEN)',
      text,
    )
    .option('--new-token', 'replace the stored token; earlier links and open tabs stop working')
    .option('--print-link', 'print the link for --host and --port again and exit')
    .option('--lab <file>', 'the lab file, which keeps every trial', text, 'lab.db');
  addWorkerOptions(command);
  addShareOptions(command)
    .option('--json', 'print events as JSON, one object per line')
    .addOption(new Option('--token [text]').hideHelp())
    .addHelpText(
      'after',
      `
By default, only this machine can connect. Use --host to accept other machines, but only on a network that you trust:
the connection is not encrypted. The access token is stored in the user folder, so links stay valid after a restart.
Ctrl-C pauses running studies and exits; finished trials are kept.

Examples:
  galapagos serve
  galapagos serve --lab vision.db --port 8080
  galapagos serve --devices gpu
  galapagos serve --share                (prints the command for other machines)
  galapagos serve --host 0.0.0.0 --token-file ~/.galapagos-token`,
    )
    .action(async (options: ServeOptions) => {
      await serve(context, options);
    });
}

async function serve(context: Context, options: ServeOptions): Promise<void> {
  const { port, host, lab, workers, devices, printLink = false, json = false } = options;
  const token = serveToken(options, context);
  if (printLink) {
    if (port === 0)
      throw new UsageError('--print-link: expected the --port of the running server, found 0');
    const link = linkOf(host, port, token);
    if (json) printJson(context, { event: 'link', link } satisfies ServeOutput);
    else print(context, [link]);
    return;
  }
  const window = windowFolder();
  const file = resolve(context.streams.cwd, lab);
  // Loaded on demand: loading it would slow down every other command.
  const [{ createEndpoints }, { startServer }] = await Promise.all([
    import('../../endpoints/create-endpoints.ts'),
    import('../../server/start-server.ts'),
  ]);
  const { note } = countedWorkers(options);
  if (note !== null) context.streams.stderr.write(`Note: ${note}\n`);
  const { resources, userFolder } = context;
  // Names can be checked only once the cards are known, and before a lab is opened.
  const chosen = devices === undefined ? null : await chosenDevices(devices, context);
  let shared: LabShare | null = null as LabShare | null;
  let [begin, held] = [(): void => undefined, (): void => undefined];
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const ours = new Promise<void>((resolve) => (held = resolve));
  const application = begun.then(() =>
    createEndpoints({
      resources,
      userFolder,
      lab: file,
      workers: chosen?.cpu === false ? 0 : (workers ?? null),
      ...(chosen === null ? {} : { cards: chosen.cards }),
      host: 'server',
      version: versionOf(resources),
      share: ({ share }) => {
        shared = share;
        share.onRefused((text) => context.streams.stderr.write(`Note: ${text}\n`));
        return share;
      },
      held,
    }),
  );
  // The port is bound first: if it is taken, no lab file is created or opened.
  const server = await startServer({ application, window, host, port, token });
  begin();
  try {
    // A large lab is read while the browser loads the window; a file that is not a lab is reported
    // before the link is printed.
    await Promise.race([ours, application]);
    const stopped = new Promise<void>((stop) => {
      onInterrupt(() => stop());
    });
    // The link may be read from a pipe that then closes; the server continues.
    onOutputLost(() => undefined);
    if (json)
      printJson(context, {
        event: 'serving',
        link: server.link,
        port: server.port,
        lab: file,
      } satisfies ServeOutput);
    else
      print(context, [
        `Galapagos is running at ${server.link}`,
        `Lab file: ${file}. Press Ctrl-C to stop.`,
      ]);
    const opened = await Promise.race([application, stopped]);
    const labPort = sharePort(options);
    if (opened !== undefined && labPort !== null && shared !== null) {
      const event = await shareLab(shared, labPort);
      if (json) printJson(context, event satisfies ServeOutput);
      else print(context, sharedLines(event));
    }
    await stopped;
    if (!json) print(context, ['Pausing running studies …']);
  } finally {
    await server.close();
    const made = await application.catch(() => null);
    await made?.close();
  }
}

/** @throws UsageError for a name of no device */
async function chosenDevices(
  named: readonly string[],
  { userFolder, streams: { env } }: Context,
): Promise<ChosenDevices> {
  // Loaded on demand: loading it would slow down every other command.
  const { findCards } = await import('../../studies/find-cards.ts');
  return chooseDevices(named, await findCards({ userFolder, env }));
}
