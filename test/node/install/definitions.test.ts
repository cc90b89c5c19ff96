/** The files that define a node as a service, and the states that each system reports. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { launchAgent, readLaunchStatus } from '../../../src/node/install/launch-agent.ts';
import { logonTask, readTaskStatus } from '../../../src/node/install/logon-task.ts';
import { readSystemdStatus, systemdUnit } from '../../../src/node/install/systemd.ts';
import { skipIf } from '../../support/platform.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const noSystemd =
  spawnSync('systemd-analyze', ['--version']).error === undefined
    ? null
    : 'systemd-analyze is not installed';

const node = {
  command: ['/opt/node/bin/node', '/home/ada/galapagos.mjs', 'node', '--name', 'Ada\'s "$5" 100%'],
  env: { GALAPAGOS_HOME: '/data/a & b' },
  userFolder: '/data/a & b',
};

describe('Service of a node: definitions', () => {
  it('writes a systemd unit that restarts, drains and quotes its arguments', () => {
    expect(systemdUnit(node)).toMatchInlineSnapshot(`
      "[Unit]
      Description=Galapagos node: evaluates trials of a lab
      StartLimitIntervalSec=0

      [Service]
      ExecStart="/opt/node/bin/node" "/home/ada/galapagos.mjs" "node" "--name" "Ada's \\"$$5\\" 100%%"
      Environment="GALAPAGOS_HOME=/data/a & b"
      Restart=always
      RestartSec=10
      RestartPreventExitStatus=3
      TimeoutStopSec=40
      KillMode=mixed

      [Install]
      WantedBy=default.target
      "
    `);
  });

  it('writes a systemd unit in which systemd finds nothing wrong', (context) => {
    skipIf(noSystemd, context);
    const folder = temporaryFolder();
    try {
      const file = folder.file('galapagos-node.service');
      const command = [process.execPath, ...node.command.slice(1)];
      const verify = (text: string): string => {
        writeFileSync(file, text);
        const env = { ...process.env, XDG_RUNTIME_DIR: folder.path };
        const args = ['verify', '--user', file];
        const { stdout, stderr } = spawnSync('systemd-analyze', args, { env, encoding: 'utf8' });
        return stdout + stderr;
      };
      const unit = systemdUnit({ ...node, command });
      expect(verify(unit)).toBe('');
      expect(verify(unit.replace('KillMode=mixed', 'KillMode=mixd'))).toContain('kill mode');
    } finally {
      folder.remove();
    }
  });

  it('writes a LaunchAgent that restarts and logs to the user folder', () => {
    expect(launchAgent(node)).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
      <plist version="1.0">
      <dict>
        <key>Label</key>
        <string>org.galapagos.node</string>
        <key>ProgramArguments</key>
        <array>
          <string>/opt/node/bin/node</string>
          <string>/home/ada/galapagos.mjs</string>
          <string>node</string>
          <string>--name</string>
          <string>Ada's &quot;$5&quot; 100%</string>
        </array>
        <key>EnvironmentVariables</key>
        <dict>
          <key>GALAPAGOS_HOME</key>
          <string>/data/a &amp; b</string>
        </dict>
        <key>RunAtLoad</key>
        <true/>
        <key>KeepAlive</key>
        <true/>
        <key>ThrottleInterval</key>
        <integer>10</integer>
        <key>ExitTimeOut</key>
        <integer>40</integer>
        <key>StandardOutPath</key>
        <string>/data/a &amp; b/galapagos-node.log</string>
        <key>StandardErrorPath</key>
        <string>/data/a &amp; b/galapagos-node.log</string>
      </dict>
      </plist>
      "
    `);
  });

  it('writes a logon task that runs without a window and without a time limit', () => {
    const user = { name: 'ada', uid: -1, home: 'C:\\Users\\ada', env: { USERDOMAIN: 'DESK' } };
    const windows = {
      command: ['C:\\Program Files\\node.exe', 'C:\\g\\cli.js', 'node', '--name', 'a "b" c\\'],
      env: {},
      userFolder: 'C:\\Users\\ada\\Galapagos',
    };
    const text = logonTask(windows, user, 'C:\\Users\\ada\\Galapagos\\galapagos-node.env');
    expect(text.replaceAll('\r\n', '\n')).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-16"?>
      <Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
        <RegistrationInfo>
          <Description>Galapagos node: evaluates trials of a lab</Description>
        </RegistrationInfo>
        <Triggers>
          <LogonTrigger>
            <Enabled>true</Enabled>
            <UserId>DESK\\ada</UserId>
          </LogonTrigger>
        </Triggers>
        <Principals>
          <Principal id="Author">
            <UserId>DESK\\ada</UserId>
            <LogonType>InteractiveToken</LogonType>
            <RunLevel>LeastPrivilege</RunLevel>
          </Principal>
        </Principals>
        <Settings>
          <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
          <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
          <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
          <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
          <Priority>7</Priority>
          <RestartOnFailure>
            <Interval>PT1M</Interval>
            <Count>255</Count>
          </RestartOnFailure>
        </Settings>
        <Actions Context="Author">
          <Exec>
            <Command>conhost.exe</Command>
            <Arguments>--headless &quot;C:\\Program Files\\node.exe&quot; --env-file=C:\\Users\\ada\\Galapagos\\galapagos-node.env C:\\g\\cli.js node --name &quot;a \\&quot;b\\&quot; c\\\\&quot;</Arguments>
          </Exec>
        </Actions>
      </Task>
      "
    `);
  });
});

describe('Service of a node: reported states', () => {
  it('reads the properties of systemctl show', () => {
    const running = 'LoadState=loaded\nActiveState=active\nMainPID=4711\nExecMainStatus=0\n';
    expect(readSystemdStatus(running)).toEqual({ state: 'running', pid: 4711, lastExit: 0 });
    const failed = 'MainPID=0\nExecMainStatus=3\nLoadState=loaded\nActiveState=failed\n';
    expect(readSystemdStatus(failed)).toEqual({ state: 'failed', pid: null, lastExit: 3 });
    const waiting = 'ActiveState=activating\nMainPID=0\nExecMainStatus=1\n';
    expect(readSystemdStatus(waiting)).toEqual({ state: 'starting', pid: null, lastExit: 1 });
    expect(readSystemdStatus('')).toEqual({ state: 'stopped', pid: null, lastExit: null });
  });

  it('reads the lines of launchctl print', () => {
    const running =
      'gui/501/x = {\n\tstate = running\n\tpid = 812\n\tlast exit code = (never exited)\n}';
    expect(readLaunchStatus(running)).toEqual({ state: 'running', pid: 812, lastExit: null });
    const ended = '\tstate = not running\n\tlast exit code = 3\n';
    expect(readLaunchStatus(ended)).toEqual({ state: 'failed', pid: null, lastExit: 3 });
    const starting = '\tstate = spawn scheduled\n\tlast exit code = 1\n';
    expect(readLaunchStatus(starting)).toEqual({ state: 'starting', pid: null, lastExit: 1 });
  });

  it('reads the number of a task state and its last result', () => {
    expect(readTaskStatus('4 267009\r\n')).toEqual({ state: 'running', pid: null, lastExit: null });
    expect(readTaskStatus('3 3\r\n')).toEqual({ state: 'failed', pid: null, lastExit: 3 });
    expect(readTaskStatus('3 267011\r\n')).toEqual({
      state: 'stopped',
      pid: null,
      lastExit: null,
    });
  });
});
