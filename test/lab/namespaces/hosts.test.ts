/** The built command in several hosts at once. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { built } from '../../support/built-command.ts';
import { whyNoBed } from '../../support/lab-bed.ts';
import { LabHosts } from '../../support/lab-hosts.ts';
import { skipIf } from '../../support/platform.ts';

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
});
