/** A node as a task of Windows that starts when the user logs on. */
import { win32 } from 'node:path';
import { escaped } from './launch-agent.ts';
import { DESCRIPTION, SERVICE_NAME } from './autostart.ts';
import type { NodeProcess, NodeService, ServiceState, ServiceUser } from './autostart.ts';

const TASK = 'Galapagos node';

/** HRESULTs of a task that runs, and of one that has not run yet. */
const RUNNING_RESULT = 0x41301;
const NOT_RUN_RESULT = 0x41303;

export function logonTaskService(node: NodeProcess, user: ServiceUser): NodeService {
  const definition = win32.join(node.userFolder, `${SERVICE_NAME}.xml`);
  const variables = win32.join(node.userFolder, `${SERVICE_NAME}.env`);
  const task = ['/TN', TASK];
  return {
    kind: 'logon task',
    files: [
      { path: definition, content: utf16(logonTask(node, user, variables)) },
      { path: variables, content: environmentFile(node) },
    ],
    install: [
      { command: ['schtasks', '/Create', '/F', ...task, '/XML', definition] },
      // The node of an earlier installation runs with the arguments of then.
      { command: ['schtasks', '/End', ...task], mayFail: true },
      { command: ['schtasks', '/Run', ...task] },
    ],
    uninstall: [
      { command: ['schtasks', '/End', ...task], mayFail: true },
      { command: ['schtasks', '/Delete', '/F', ...task], mayFail: true },
    ],
    afterwards: [],
    // The output of `schtasks /Query` is in the language of the system.
    status: ['powershell', '-NoProfile', '-NonInteractive', '-Command', statusScript],
    readStatus: readTaskStatus,
    remedy: () => null,
    log: 'Event Viewer, Task Scheduler, Operational',
    linger: null,
  };
}

/** @param variables file with environment variables, which a task itself cannot have */
export function logonTask(node: NodeProcess, user: ServiceUser, variables: string): string {
  const [program = '', ...args] = node.command;
  const domain = user.env['USERDOMAIN'];
  const account = escaped(domain === undefined ? user.name : `${domain}\\${user.name}`);
  // Conhost runs a console program without a window.
  const words = ['--headless', program, `--env-file=${variables}`, ...args].map(quoted).join(' ');
  return [
    '<?xml version="1.0" encoding="UTF-16"?>',
    '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">',
    '  <RegistrationInfo>',
    `    <Description>${DESCRIPTION}</Description>`,
    '  </RegistrationInfo>',
    '  <Triggers>',
    '    <LogonTrigger>',
    '      <Enabled>true</Enabled>',
    `      <UserId>${account}</UserId>`,
    '    </LogonTrigger>',
    '  </Triggers>',
    '  <Principals>',
    '    <Principal id="Author">',
    `      <UserId>${account}</UserId>`,
    '      <LogonType>InteractiveToken</LogonType>',
    '      <RunLevel>LeastPrivilege</RunLevel>',
    '    </Principal>',
    '  </Principals>',
    '  <Settings>',
    '    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>',
    '    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>',
    '    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>',
    '    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>',
    '    <Priority>7</Priority>',
    '    <RestartOnFailure>',
    '      <Interval>PT1M</Interval>',
    '      <Count>255</Count>',
    '    </RestartOnFailure>',
    '  </Settings>',
    '  <Actions Context="Author">',
    '    <Exec>',
    '      <Command>conhost.exe</Command>',
    `      <Arguments>${escaped(words)}</Arguments>`,
    '    </Exec>',
    '  </Actions>',
    '</Task>',
    '',
  ].join('\r\n');
}

/** Quotes a word as Windows programs split their command line. */
function quoted(word: string): string {
  if (word !== '' && !/[\s"]/.test(word)) return word;
  return `"${word.replaceAll(/(\\*)"/g, String.raw`$1$1\"`).replace(/(\\+)$/, '$1$1')}"`;
}

function environmentFile({ env }: NodeProcess): string {
  const lines = Object.entries(env).map(([name, value]) => `${name}='${value}'\r\n`);
  return lines.join('');
}

/** Returns a text with a byte order mark: schtasks reads definitions in UTF-16 only. */
function utf16(text: string): Uint8Array {
  return Buffer.from(`\uFEFF${text}`, 'utf16le');
}

const statusScript =
  `$ErrorActionPreference='Stop'; $t=Get-ScheduledTask -TaskName '${TASK}'; ` +
  `$i=Get-ScheduledTaskInfo -TaskName '${TASK}'; ` +
  'Write-Output "$([int]$t.State) $($i.LastTaskResult)"';

/** Parses the number of the task's state (4: running) and its last result. */
export function readTaskStatus(stdout: string): ServiceState {
  const [state, result] = stdout.trim().split(/\s+/).map(Number);
  const known = result !== undefined && result !== RUNNING_RESULT && result !== NOT_RUN_RESULT;
  const lastExit = known ? result : null;
  const ended = lastExit === null || lastExit === 0 ? 'stopped' : 'failed';
  return { state: state === 4 ? 'running' : ended, pid: null, lastExit };
}
