/** `galapagos serve`: the window for a browser, with the lab behind it. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { ServeOutput } from '../../protocol/cli-output.ts';
import { integer, text } from '../arguments.ts';
import { print, printJson } from '../context.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../exit-codes.ts';
import { onInterrupt } from '../interrupt.ts';
import { versionOf } from '../version.ts';
import { windowFolder } from '../window-folder.ts';

interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly token?: string;
  readonly lab: string;
  readonly workers?: number;
  readonly json?: boolean;
}

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];
const LEAST_TOKEN = 8;
const PORTS = 65_535;

export function addServe(program: Command, context: Context): void {
  program
    .command('serve')
    .description('the window in a browser: prints a link that holds its token')
    .option('--port <n>', 'the port; 0: any free one', integer(0), 7355)
    .option('--host <address>', 'the address to listen on; any but this machine alone needs --token', text, '127.0.0.1')
    .option('--token <text>', 'what a browser must bring (default: drawn at each start)', text)
    .option('--lab <file>', 'the lab file, which keeps every trial', text, 'lab.db')
    .option('--workers <n>', 'worker processes (default: one for each core)', integer(1))
    .option('--json', 'print one JSON object a line')
    .addHelpText(
      'after',
      `
Nothing but this machine can reach it unless --host says so. Ctrl-C pauses what runs and ends; nothing finished is lost.

Examples:
  galapagos serve
  galapagos serve --lab vision.db --port 8080
  galapagos serve --host 0.0.0.0 --token "$(openssl rand -hex 16)"`,
    )
    .action(async (options: ServeOptions) => {
      await serve(context, options);
    });
}

async function serve(context: Context, { port, host, token, lab, workers, json = false }: ServeOptions): Promise<void> {
  check(host, port, token);
  const window = windowFolder();
  const file = resolve(context.streams.cwd, lab);
  // Loaded where it is used: it costs every other command its start.
  const [{ createEndpoints }, { startServer }] = await Promise.all([
    import('../../endpoints/create-endpoints.ts'),
    import('../../server/start-server.ts'),
  ]);
  const { resources, userFolder } = context;
  let [begin, held] = [(): void => undefined, (): void => undefined];
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const ours = new Promise<void>((resolve) => (held = resolve));
  const application = begun.then(() =>
    createEndpoints({ resources, userFolder, lab: file, workers: workers ?? null, host: 'server', version: versionOf(resources), held }),
  );
  // The port comes first: where it is taken, no lab file is created or opened.
  const server = await startServer({ application, window, host, port, token: token ?? null });
  begin();
  try {
    // A large lab is read while the browser loads the window; a file that is no lab is reported before there is a link.
    await Promise.race([ours, application]);
    const stopped = new Promise<void>((stop) => {
      onInterrupt(() => stop());
    });
    if (json) printJson(context, { event: 'serving', link: server.link, port: server.port, lab: file } satisfies ServeOutput);
    else print(context, [`Galapagos is at ${server.link}`, `Lab file: ${file}. Ctrl-C ends it.`]);
    await Promise.race([application.then(() => stopped), stopped]);
    if (!json) print(context, ['Pausing what runs …']);
  } finally {
    await server.close();
    const made = await application.catch(() => null);
    await made?.close();
  }
}

/** @throws UsageError */
function check(host: string, port: number, token: string | undefined): void {
  if (port > PORTS) throw new UsageError(`--port: expected at most ${PORTS}, found ${port}`);
  if (token !== undefined && !/^[\w.~-]+$/.test(token))
    throw new UsageError('--token: expected letters, digits, "_", "-", ".", "~", found others');
  if (token !== undefined && token.length < LEAST_TOKEN)
    throw new UsageError(`--token: expected at least ${LEAST_TOKEN} characters, found ${token.length}`);
  if (!LOOPBACK.includes(host) && token === undefined)
    throw new UsageError(`--host ${host} lets other machines in: give a --token that they must bring`);
}
