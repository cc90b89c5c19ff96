/** `galapagos node install`, `uninstall` and `status`: the node as a service of this user. */
import { realpathSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import type { Command } from 'commander';
import {
  installService,
  nodeService,
  serviceStatus,
  uninstallService,
} from '../../node/install/install.ts';
import type { InstalledService } from '../../node/install/install.ts';
import type { NodeService, ServiceUser } from '../../node/install/autostart.ts';
import type { NodeServiceOutput } from '../../protocol/cli-output-lab.ts';
import { runProgram } from '../../runtime/run-program.ts';
import type { RunProgram } from '../../runtime/run-program.ts';
import { userFolder } from '../../runtime/user-folder.ts';
import { addNodeOptions, nodeArguments } from '../options/node-options.ts';
import type { NodeFlags } from '../options/node-options.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';

/** The parts of the system that these commands use, so that tests can replace them. */
export interface ServiceParts {
  readonly platform: NodeJS.Platform;
  readonly user: ServiceUser;
  readonly run: RunProgram;
}

type InstallFlags = NodeFlags & { readonly json?: boolean };

/** @param node the command `node`, which these are added to */
export function addNodeInstall(
  node: Command,
  context: Context,
  parts: ServiceParts = partsOf(context),
): void {
  const { run } = parts;
  const service = (args: readonly string[]): NodeService => serviceOf(context, parts, args);
  addNodeOptions(
    node
      .command('install')
      .description('start the node at every login, with these options, as a service of this user'),
  )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Installs a systemd user unit (Linux), a LaunchAgent (macOS) or a logon task (Windows), and starts the node at once.
Installing again replaces the options. Never needs root.

Examples:
  galapagos node install
  galapagos node install --join galapagos-join:… --name PIXEL
  galapagos node install desk.local --hours 18-8 --when-idle`,
    )
    .action(async (host: string | undefined, _: unknown, command: Command) => {
      const { json = false, ...flags } = optionsOf(command);
      const installed = service(nodeArguments(host, flags));
      await installService(installed, run);
      await report(context, installed, run, json);
    });
  node
    .command('uninstall')
    .description('stop the node and remove its service')
    .option('--json', 'print one JSON document')
    .action(async (_: unknown, command: Command) => {
      const { json = false } = optionsOf(command);
      const installed = service([]);
      const removed = await uninstallService(installed, run);
      if (json) await report(context, installed, run, json);
      else
        print(context, [removed ? `removed the ${installed.kind}` : `no ${installed.kind} found`]);
    });
  node
    .command('status')
    .description('show whether the node is installed as a service, and whether it runs')
    .option('--json', 'print one JSON document')
    .action(async (_: unknown, command: Command) => {
      const { json = false } = optionsOf(command);
      await report(context, service([]), run, json);
    });
}

/** The command `node` has the same options, and takes those that follow the subcommand, too. */
function optionsOf(command: Command): InstallFlags {
  return command.optsWithGlobals<InstallFlags>();
}

async function report(
  context: Context,
  service: NodeService,
  run: RunProgram,
  json: boolean,
): Promise<void> {
  const status = await serviceStatus(service, run);
  if (json) printJson(context, status satisfies NodeServiceOutput);
  else print(context, lines(status));
}

function lines({ kind, file, service, needsLogin, log }: InstalledService): readonly string[] {
  if (service === null) return [`not installed: no ${kind} in ${file}`];
  const { state, pid, lastExit } = service;
  const process = pid === null ? '' : `, process ${pid}`;
  const exit = lastExit === null || state === 'running' ? '' : `, last exit status ${lastExit}`;
  const linger = kind === 'systemd user unit' && needsLogin !== false;
  return [
    `${kind} ${file}`,
    `state  ${state}${process}${exit}`,
    `log    ${log}`,
    ...(linger ? ['To run the node while you are logged out as well: loginctl enable-linger'] : []),
  ];
}

function partsOf({ streams }: Context): ServiceParts {
  const { username: name, uid } = userInfo();
  const user = { name, uid, home: homedir(), env: streams.env };
  return { platform: process.platform, user, run: runProgram };
}

function serviceOf(
  { streams, userFolder: folder }: Context,
  { platform, user }: ServiceParts,
  args: readonly string[],
): NodeService {
  // The folder that a login without this shell's variables leads to.
  const conventional = userFolder({ platform, env: withoutFolders(streams.env), home: user.home });
  const env = folder === conventional ? {} : { GALAPAGOS_HOME: folder };
  const program = realpathSync(process.argv[1] ?? '');
  const command = [process.execPath, program, 'node', ...args];
  return nodeService(platform, { command, env, userFolder: folder }, user);
}

function withoutFolders(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  return { ...env, GALAPAGOS_HOME: undefined, XDG_DATA_HOME: undefined };
}
