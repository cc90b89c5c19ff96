/** The built command in several hosts at once. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { built } from '../../support/built-command.ts';
import { whyNoBed } from '../../support/lab-bed.ts';
import type { HostName } from '../../support/lab-bed.ts';
import { EventCommand } from '../../support/lab-commands.ts';
import { LabHosts } from '../../support/lab-hosts.ts';
import { skipIf } from '../../support/platform.ts';

/** `127.0.0.1` and `::1`, also mapped, as the kernel lists them. */
const LOOPBACK = /^(0100007F|0{24}01000000|0{16}FFFF00000100007F)$/;
/** Local address and port of a socket that listens (TCP), or that receives from anybody (UDP). */
const OPEN = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ (?:0A|07) /;

/** Ports of a host that other machines reach. */
async function openPorts(lab: LabHosts, host: HostName): Promise<number[]> {
  const files = ['tcp', 'tcp6', 'udp', 'udp6'].map((name) => `/proc/net/${name}`);
  const rows = (await lab.bed.run(host, ['cat', ...files])).split('\n');
  return rows.flatMap((row) => {
    const [, address = '', port = ''] = OPEN.exec(row) ?? [];
    return port === '' || LOOPBACK.test(address) ? [] : [Number.parseInt(port, 16)];
  });
}

describe('Command line: several hosts', () => {
  let lab: LabHosts;
  beforeEach(async (context) => {
    skipIf(whyNoBed, context);
    await built();
    lab = await LabHosts.make(2);
  });
  afterEach(async () => {
    if (whyNoBed === null) await lab.close();
  });

  it('runs a study in each of two hosts at the same time', async () => {
    const runs = lab.bed.hosts.map((host) => {
      const file = lab.folder.file(`${host}.db`);
      const limits = ['--workers', '1', '--trials', '5'];
      return lab.galapagos(host, ['run', 'sphere', '--lab', file, ...limits, '--json']).ended;
    });
    for (const { code, stdout, stderr } of await Promise.all(runs)) {
      expect(code, stderr).toBe(0);
      expect(stdout).toContain('"event":"finished"');
    }
  });

  it('listen off their machine only when they share their lab, on one TCP port and for mDNS', async () => {
    const start = async (host: HostName, more: readonly string[]): Promise<void> => {
      const file = lab.folder.file(`${host}.db`);
      const args = ['run', 'sphere', '--lab', file, '--workers', '1', '--trials', '100000'];
      const env = { GALAPAGOS_DISCOVERY: '' };
      const running = new EventCommand((line) =>
        lab.galapagos(host, [...args, ...more, '--json'], line, { env }),
      );
      await running.until(({ event }) => event === 'trialEnded');
    };
    await Promise.all([start('h1', []), start('h2', ['--share'])]);
    expect(await openPorts(lab, 'h1')).toEqual([]);
    await expect.poll(() => openPorts(lab, 'h2')).toContain(5353);
    expect(new Set(await openPorts(lab, 'h2'))).toEqual(new Set([5353, 47_800]));
  });
});
