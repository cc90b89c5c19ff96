/** A node as a unit of the user's systemd. */
import { posix } from 'node:path';
import {
  DESCRIPTION,
  REFUSED_STATUS,
  RESTART_SECONDS,
  SERVICE_NAME,
  STOP_SECONDS,
  positive,
} from './autostart.ts';
import type { NodeProcess, NodeService, ServiceState, ServiceUser } from './autostart.ts';

const UNIT = `${SERVICE_NAME}.service`;
/** Messages of `systemctl --user` where no systemd runs for the user. */
const NO_SESSION = /connect to .*bus|not been booted with systemd/i;

function remedyOf({ name }: ServiceUser): string {
  return `no systemd runs for ${name} here: log in at this machine or by SSH instead of su or sudo, or run loginctl enable-linger ${name} as root first; without systemd, start galapagos node by other means`;
}

export function systemdService(node: NodeProcess, user: ServiceUser): NodeService {
  const systemctl = (...args: string[]): readonly string[] => ['systemctl', '--user', ...args];
  const properties = 'LoadState,ActiveState,MainPID,ExecMainStatus';
  return {
    kind: 'systemd user unit',
    files: [{ path: unitFile(user), content: systemdUnit(node) }],
    install: [
      { command: systemctl('daemon-reload') },
      { command: systemctl('enable', UNIT) },
      // A node of an earlier installation runs with the arguments of then.
      { command: systemctl('restart', UNIT) },
    ],
    uninstall: [{ command: systemctl('disable', '--now', UNIT), mayFail: true }],
    afterwards: [{ command: systemctl('daemon-reload'), mayFail: true }],
    status: systemctl('show', UNIT, `--property=${properties}`),
    readStatus: readSystemdStatus,
    remedy: (message) => (NO_SESSION.test(message) ? remedyOf(user) : null),
    log: `journalctl --user -u ${SERVICE_NAME}`,
    linger: ['loginctl', 'show-user', user.name, '--property=Linger'],
  };
}

/** Returns the text of the unit. */
export function systemdUnit({ command, env }: NodeProcess): string {
  const environment = Object.entries(env).map(
    ([name, value]) => `Environment=${quoted(`${name}=${value}`)}`,
  );
  return `${[
    '[Unit]',
    `Description=${DESCRIPTION}`,
    // Restarts are never given up: a node waits for its host as long as it takes.
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    `ExecStart=${command.map((word) => quoted(word).replaceAll('$', '$$$$')).join(' ')}`,
    ...environment,
    'Restart=always',
    `RestartSec=${RESTART_SECONDS}`,
    `RestartPreventExitStatus=${REFUSED_STATUS}`,
    `TimeoutStopSec=${STOP_SECONDS}`,
    // The node drains first; its workers end with it.
    'KillMode=mixed',
    '',
    '[Install]',
    'WantedBy=default.target',
  ].join('\n')}\n`;
}

/** Quotes a word for a unit file, in which `%` begins a specifier. */
function quoted(word: string): string {
  const escaped = word
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('%', '%%')
    .replaceAll('\n', '\\n');
  return `"${escaped}"`;
}

function unitFile({ env, home }: ServiceUser): string {
  const config = env['XDG_CONFIG_HOME'] ?? '';
  const folder = posix.isAbsolute(config) ? config : posix.join(home, '.config');
  return posix.join(folder, 'systemd', 'user', UNIT);
}

/** Parses the `Name=value` lines of `systemctl show`. */
export function readSystemdStatus(stdout: string): ServiceState {
  const values = new Map(
    stdout.split('\n').map((line) => {
      const equals = line.indexOf('=');
      return [line.slice(0, equals), line.slice(equals + 1).trim()];
    }),
  );
  const active = values.get('ActiveState');
  const states: Readonly<Record<string, ServiceState['state']>> = {
    active: 'running',
    reloading: 'running',
    activating: 'starting',
    failed: 'failed',
  };
  const status = values.get('ExecMainStatus');
  return {
    state: states[active ?? ''] ?? 'stopped',
    pid: positive(values.get('MainPID')),
    lastExit: status !== undefined && /^\d+$/.test(status) ? Number(status) : null,
  };
}
