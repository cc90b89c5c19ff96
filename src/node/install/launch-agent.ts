/** A node as a LaunchAgent of macOS. */
import { posix } from 'node:path';
import { RESTART_SECONDS, SERVICE_NAME, STOP_SECONDS, positive } from './autostart.ts';
import type { NodeProcess, NodeService, ServiceState, ServiceUser } from './autostart.ts';

const LABEL = 'org.galapagos.node';

export function launchAgentService(node: NodeProcess, user: ServiceUser): NodeService {
  const domain = `gui/${user.uid}`;
  const path = posix.join(user.home, 'Library', 'LaunchAgents', `${LABEL}.plist`);
  return {
    kind: 'LaunchAgent',
    files: [{ path, content: launchAgent(node) }],
    install: [
      // The agent of an earlier installation.
      { command: ['launchctl', 'bootout', `${domain}/${LABEL}`], mayFail: true },
      { command: ['launchctl', 'bootstrap', domain, path] },
    ],
    uninstall: [{ command: ['launchctl', 'bootout', `${domain}/${LABEL}`], mayFail: true }],
    afterwards: [],
    status: ['launchctl', 'print', `${domain}/${LABEL}`],
    readStatus: readLaunchStatus,
    remedy: () => null,
    log: `tail -f '${logFile(node)}'`,
    linger: null,
  };
}

/** Returns the text of the property list. */
export function launchAgent(node: NodeProcess): string {
  const { command, env } = node;
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    '<dict>',
    ...pair('Label', `<string>${LABEL}</string>`),
    ...pair('ProgramArguments', '<array>'),
    ...command.map((word) => `    <string>${escaped(word)}</string>`),
    '  </array>',
    ...pair('EnvironmentVariables', '<dict>'),
    ...Object.entries(env).flatMap(([name, value]) => [
      `    <key>${escaped(name)}</key>`,
      `    <string>${escaped(value)}</string>`,
    ]),
    '  </dict>',
    ...pair('RunAtLoad', '<true/>'),
    ...pair('KeepAlive', '<true/>'),
    ...pair('ThrottleInterval', `<integer>${RESTART_SECONDS}</integer>`),
    ...pair('ExitTimeOut', `<integer>${STOP_SECONDS}</integer>`),
    ...pair('StandardOutPath', `<string>${escaped(logFile(node))}</string>`),
    ...pair('StandardErrorPath', `<string>${escaped(logFile(node))}</string>`),
    '</dict>',
    '</plist>',
  ].join('\n')}\n`;
}

function pair(key: string, value: string): readonly string[] {
  return [`  <key>${key}</key>`, `  ${value}`];
}

function logFile({ userFolder }: NodeProcess): string {
  return posix.join(userFolder, `${SERVICE_NAME}.log`);
}

/** Escapes a text for XML. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Parses the lines `state = running`, `pid = 1` and `last exit code = 0` of `launchctl print`. */
export function readLaunchStatus(stdout: string): ServiceState {
  const value = (name: string): string | undefined =>
    new RegExp(String.raw`^\s*${name} = (.*?)\s*$`, 'm').exec(stdout)?.[1];
  const state = value('state');
  const exit = /^\d+/.exec(value('last exit code') ?? '')?.[0];
  const lastExit = exit === undefined ? null : Number(exit);
  const ended = lastExit === null || lastExit === 0 ? 'stopped' : 'failed';
  return {
    state: state === 'running' ? 'running' : state?.startsWith('spawn') ? 'starting' : ended,
    pid: positive(value('pid')),
    lastExit,
  };
}
