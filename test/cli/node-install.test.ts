/** `galapagos node install`, with programs that stand in for those of each system. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addNodeInstall } from '../../src/cli/commands/node-install.ts';
import { addNodeOptions } from '../../src/cli/options/node-options.ts';
import { installService, nodeService, serviceStatus } from '../../src/node/install/install.ts';
import { nodeServiceOutput } from '../../src/protocol/cli-output-lab.ts';
import { runProgram } from '../../src/runtime/run-program.ts';
import { cliContext } from '../support/cli-context.ts';
import { noModes, skipIf } from '../support/platform.ts';
import { StandIns } from '../support/stand-in-programs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

describe('Command line: node as a service', () => {
  let folder: TemporaryFolder;
  let programs: StandIns;
  beforeEach((context) => {
    skipIf(noModes, context);
    folder = temporaryFolder();
    programs = new StandIns(folder.file('bin'));
    vi.stubEnv('PATH', programs.path);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    if (noModes === null) folder.remove();
  });

  async function cli(platform: NodeJS.Platform, ...args: string[]): Promise<string> {
    const env = { GALAPAGOS_HOME: folder.file('data') };
    const context = cliContext(folder.path, env);
    const program = new Command('galapagos').exitOverride();
    const user = { name: 'ada', uid, home: folder.path, env };
    const node = addNodeOptions(program.command('node')).option('--json');
    addNodeInstall(node, context, { platform, user, run: runProgram });
    await program.parseAsync(['node', ...args], { from: 'user' });
    return context.printed();
  }
  let uid = 1000;
  beforeEach(() => {
    uid = 1000;
  });

  const unit = (): string => join(folder.path, '.config/systemd/user/galapagos-node.service');

  it('installs a systemd user unit, starts it and names enable-linger', async () => {
    programs.add('systemctl', {}, { '*show*': { stdout: 'ActiveState=active\nMainPID=42\n' } });
    programs.add('loginctl', { stdout: 'Linger=no\n' });
    const said = await cli('linux', 'install', 'desk:47800', '--hours', '18-8', '--when-idle');
    expect(programs.calls()).toEqual([
      'systemctl --user daemon-reload',
      'systemctl --user enable galapagos-node.service',
      'systemctl --user restart galapagos-node.service',
      'systemctl --user show galapagos-node.service --property=LoadState,ActiveState,MainPID,ExecMainStatus',
      'loginctl show-user ada --property=Linger',
    ]);
    const text = readFileSync(unit(), 'utf8');
    expect(text).toContain('"node" "desk:47800" "--hours" "18-8" "--when-idle"\n');
    expect(text).toContain(`Environment="GALAPAGOS_HOME=${folder.file('data')}"\n`);
    // The arguments may contain an invitation.
    expect(statSync(unit()).mode & 0o777).toBe(0o600);
    expect(said).toContain('state  running, process 42\n');
    expect(said).toContain('loginctl enable-linger');
  });

  it('reports the state as one JSON document', async () => {
    programs.add('systemctl', {}, { '*show*': { stdout: 'ActiveState=active\nMainPID=42\n' } });
    programs.add('loginctl', { stdout: 'Linger=yes\n' });
    const absent: unknown = JSON.parse(await cli('linux', 'status', '--json'));
    expect(nodeServiceOutput.parse(absent)).toMatchObject({ service: null, file: unit() });
    await cli('linux', 'install');
    const running: unknown = JSON.parse(await cli('linux', 'status', '--json'));
    expect(nodeServiceOutput.parse(running)).toMatchObject({
      service: { state: 'running', pid: 42 },
      needsLogin: false,
    });
  });

  it('removes the unit, also one that systemd has forgotten', async () => {
    programs.add('systemctl');
    programs.add('loginctl');
    await cli('linux', 'install');
    programs.add('systemctl', { code: 1, stderr: 'Unit galapagos-node.service does not exist.' });
    expect(await cli('linux', 'uninstall')).toBe('removed the systemd user unit\n');
    expect(existsSync(unit())).toBe(false);
    expect(await cli('linux', 'uninstall')).toBe('no systemd user unit found\n');
  });

  it('reports what systemctl said when it fails, and leaves no unit behind', async () => {
    programs.add('systemctl', { code: 1, stderr: 'Unit is masked\n' });
    await expect(cli('linux', 'install')).rejects.toThrow(
      /^systemctl --user daemon-reload exited with status 1: Unit is masked$/,
    );
    expect(existsSync(unit())).toBe(false);
    expect(await cli('linux', 'status')).toContain('not installed');
  });

  it('keeps the unit of an earlier installation when another one fails', async () => {
    programs.add('systemctl');
    programs.add('loginctl');
    await cli('linux', 'install', '--name', 'first');
    const before = readFileSync(unit(), 'utf8');
    programs.add('systemctl', { code: 1, stderr: 'Unit is masked\n' });
    await expect(cli('linux', 'install', '--name', 'second')).rejects.toThrow('masked');
    expect(readFileSync(unit(), 'utf8')).toBe(before);
  });

  it.each([
    'Failed to connect to bus: No medium found',
    'Failed to connect to user scope bus via local transport: $XDG_RUNTIME_DIR not defined',
    'System has not been booted with systemd as init system (PID 1). Can\u2019t operate.',
  ])('says what to do where no systemd runs for the user: %s', async (stderr) => {
    programs.add('systemctl', { code: 1, stderr });
    await expect(cli('linux', 'install')).rejects.toThrow(
      'no systemd runs for ada here: log in at this machine or by SSH',
    );
  });

  it('names a program that is not installed', async () => {
    vi.stubEnv('PATH', folder.file('bin'));
    await expect(cli('linux', 'install')).rejects.toThrow('systemctl is not installed');
  });

  it('refuses to install a node for root', async () => {
    uid = 0;
    await expect(cli('linux', 'install')).rejects.toThrow('never installed for root');
    expect(programs.calls()).toEqual([]);
  });

  it('installs and removes a LaunchAgent', async () => {
    programs.add('launchctl', {}, { 'print *': { stdout: '\tstate = running\n\tpid = 7\n' } });
    expect(await cli('darwin', 'install', '--name', 'Studio')).toContain('running, process 7');
    const file = join(folder.path, 'Library/LaunchAgents/org.galapagos.node.plist');
    expect(readFileSync(file, 'utf8')).toContain('<string>Studio</string>');
    await cli('darwin', 'uninstall');
    expect(existsSync(file)).toBe(false);
    expect(programs.calls()).toEqual([
      'launchctl bootout gui/1000/org.galapagos.node',
      `launchctl bootstrap gui/1000 ${file}`,
      'launchctl print gui/1000/org.galapagos.node',
      'launchctl bootout gui/1000/org.galapagos.node',
    ]);
  });

  it('installs a logon task from a definition in UTF-16', async () => {
    programs.add('schtasks');
    programs.add('powershell', { stdout: '4 267009\r\n' });
    const node = { command: ['node.exe', 'cli.js', 'node'], env: {}, userFolder: 'C:\\data' };
    const user = { name: 'ada', uid: -1, home: 'C:\\Users\\ada', env: {} };
    const windows = nodeService('win32', node, user);
    const definition = windows.files[0]?.content as Uint8Array;
    const service = { ...windows, files: [{ path: folder.file('x.xml'), content: definition }] };
    await installService(service, runProgram);
    expect(readFileSync(folder.file('x.xml'), 'utf16le')).toContain('node.exe');
    expect(await serviceStatus(service, runProgram)).toMatchObject({
      kind: 'logon task',
      service: { state: 'running' },
    });
    expect(programs.calls().slice(0, 3)).toEqual([
      'schtasks /Create /F /TN Galapagos node /XML C:\\data\\galapagos-node.xml',
      'schtasks /End /TN Galapagos node',
      'schtasks /Run /TN Galapagos node',
    ]);
  });
});
