/** Installs the node as a service of this user, removes the service and reports its state. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { GalapagosError } from '../../core/errors.ts';
import { succeed } from '../../runtime/run-program.ts';
import type { RunProgram } from '../../runtime/run-program.ts';
import { writeAtomically } from '../../runtime/write-atomically.ts';
import { launchAgentService } from './launch-agent.ts';
import { logonTaskService } from './logon-task.ts';
import type { NodeProcess, NodeService, ServiceState, ServiceUser, Step } from './autostart.ts';
import { systemdService } from './systemd.ts';

export interface InstalledService {
  readonly kind: NodeService['kind'];
  /** File that defines the service. */
  readonly file: string;
  /** Null: not installed. */
  readonly service: ServiceState | null;
  /** True if the service runs only while its user is logged in; null: unknown. */
  readonly needsLogin: boolean | null;
  /** Command that prints the log of the service. */
  readonly log: string;
}

/** @throws GalapagosError `unsupported` on a system without a known kind of service */
export function nodeService(
  platform: NodeJS.Platform,
  node: NodeProcess,
  user: ServiceUser,
): NodeService {
  if (user.uid === 0)
    throw new GalapagosError(
      'not-allowed-now',
      'a node is never installed for root: run this command as the user whose files and login it belongs to',
    );
  if (platform === 'linux') return systemdService(node, user);
  if (platform === 'darwin') return launchAgentService(node, user);
  if (platform === 'win32') return logonTaskService(node, user);
  throw new GalapagosError(
    'unsupported',
    `a node cannot be installed as a service on ${platform}: expected Linux with systemd, macOS or Windows; start galapagos node by other means`,
  );
}

/**
 * Writes the service's files, enables it and starts the node. Where that fails, the files are as
 * they were before.
 * @throws GalapagosError `program-failed`, with what to do where that is known
 */
export async function installService(service: NodeService, run: RunProgram): Promise<void> {
  const before = service.files.map(({ path }) => ({
    path,
    content: existsSync(path) ? readFileSync(path) : null,
  }));
  try {
    for (const { path, content } of service.files) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      // The arguments may contain an invitation.
      writeAtomically(path, content, 0o600);
    }
    await carryOut(service.install, run);
  } catch (error) {
    const isNew = before.every(({ content }) => content === null);
    // The service may not exist yet.
    if (isNew) await carryOut(service.uninstall, run).catch(() => undefined);
    for (const { path, content } of before) {
      if (content === null) rmSync(path, { force: true });
      else writeAtomically(path, content, 0o600);
    }
    throw withRemedy(service, error);
  }
}

function withRemedy({ remedy }: NodeService, error: unknown): unknown {
  if (!(error instanceof GalapagosError)) return error;
  const what = remedy(error.message);
  if (what === null) return error;
  return new GalapagosError(error.code, `${error.message}; ${what}`, error.data, error);
}

/** Stops the node and removes its service. Returns false if none was installed. */
export async function uninstallService(service: NodeService, run: RunProgram): Promise<boolean> {
  const installed = isInstalled(service);
  if (!installed) return false;
  await carryOut(service.uninstall, run);
  for (const { path } of service.files) rmSync(path, { force: true });
  await carryOut(service.afterwards, run);
  return true;
}

export async function serviceStatus(
  service: NodeService,
  run: RunProgram,
): Promise<InstalledService> {
  const { kind, files, status, readStatus, linger, log } = service;
  const file = files[0]?.path ?? '';
  if (!isInstalled(service)) return { kind, file, service: null, needsLogin: null, log };
  const { code, stdout } = await run(status);
  // A service that its system has forgotten is not running.
  const state: ServiceState =
    code === 0 ? readStatus(stdout) : { state: 'stopped', pid: null, lastExit: null };
  return { kind, file, service: state, needsLogin: await needsLogin(linger, run), log };
}

async function needsLogin(linger: NodeService['linger'], run: RunProgram): Promise<boolean | null> {
  if (linger === null) return true;
  try {
    const { code, stdout } = await run(linger);
    return code === 0 ? !/^Linger=yes$/m.test(stdout) : null;
  } catch {
    // Systems without loginctl.
    return null;
  }
}

function isInstalled({ files }: NodeService): boolean {
  return files[0] !== undefined && existsSync(files[0].path);
}

async function carryOut(steps: readonly Step[], run: RunProgram): Promise<void> {
  for (const { command, mayFail = false } of steps) {
    if (mayFail) await run(command).catch(() => undefined);
    else await succeed(run, command);
  }
}
