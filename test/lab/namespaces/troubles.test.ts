/** Tests what the host says of a node that cannot work, with the built command on several hosts. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeIdOf } from '../../../src/node/keys/key-pair.ts';
import type { NodesOutput } from '../../../src/protocol/cli-output-lab.ts';
import { DATASET_NAME, writeDataset } from '../../support/dataset-lab.ts';
import { EventCommand } from '../../support/lab-commands.ts';
import type { LabCommands } from '../../support/lab-commands.ts';
import { endedOn, inLab, join, nodeIs } from '../../support/lab-faults.ts';
import { pointsObjective } from '../../support/points-study.ts';

type Node = NodesOutput['nodes'][number];

/** Starts a host without workers, whose study never ends. */
async function hostOf(lab: LabCommands, objective: object): Promise<EventCommand> {
  const study = lab.folder.file('study.json');
  writeFileSync(
    study,
    JSON.stringify({
      format: 'galapagos-study/1',
      name: 'troubles',
      objective,
      direction: 'maximize',
      searchSpace: { rate: { type: 'float', low: 0.001, high: 1 } },
      sampler: { name: 'random' },
      stop: { trials: 100_000 },
      seed: 1,
    }),
  );
  const args = ['run', study, '--lab', lab.file, '--share', '--workers', '0', '--json'];
  const host = new EventCommand((line) => lab.galapagos('h1', args, line));
  await host.until(({ event }) => event === 'shared');
  return host;
}

/** Waits until the host lists the node like this. */
async function listed(lab: LabCommands, id: string, fits: (node: Node) => boolean): Promise<Node> {
  for (;;) {
    const { stdout } = await lab.galapagos('h1', ['nodes', '--json']).ended;
    const { nodes } = JSON.parse(stdout) as NodesOutput;
    const node = nodes.find((each) => each.id === id);
    if (node !== undefined && fits(node)) return node;
  }
}

const shown = async (lab: LabCommands, name: string): Promise<string> =>
  (await lab.galapagos('h1', ['nodes', 'show', name]).ended).stdout;

describe.concurrent('Shared lab: nodes that cannot work', () => {
  it(
    'quarantines a node on which every trial fails, with the reasons, while another goes on',
    inLab(3, async (lab) => {
      const { stdout } = await lab.galapagos('h2', ['keys', 'show', '--json']).ended;
      const { key } = JSON.parse(stdout) as { key: string };
      const failing = nodeIdOf(Buffer.from(key, 'hex'));
      const objective = { kind: 'synthetic', function: 'sphere', failOnSlots: [`${failing}/*`] };
      const host = await hostOf(lab, { ...objective, durationMs: 100 });
      const [, works] = await join(lab, 'h3');
      await host.until(endedOn(works));
      lab.startNode('h2', await lab.invite(), ['--workers', '2']);
      const quarantined = await host.until(nodeIs('is quarantined: '));
      expect(quarantined).toMatchObject({ node: failing, name: 'h2' });
      const node = await listed(lab, failing, ({ refusals }) => refusals.length > 0);
      expect(node.refusals).toMatchObject([{ reason: 'quarantined' }]);
      expect(Number(node.refusals[0]?.data['trials'])).toBeGreaterThanOrEqual(2);
      const text = await shown(lab, 'h2');
      expect(text).toMatch(/^state {6}Quarantined, tried again in /m);
      expect(text).toMatch(/^problem {4}failed \d+ trials that succeeded elsewhere: trial \d+: /m);
      await host.until(endedOn(works), host.events.length);
    }),
  );

  it(
    'says that the disk of a node is full, with the bytes needed and free',
    inLab(2, async (lab) => {
      writeDataset(lab.home('h1'), 20e6);
      mkdirSync(lab.home('h2'), { recursive: true });
      await lab.bed.mountDisk(lab.home('h2'), 8e6);
      const { network, settings } = pointsObjective(1);
      await hostOf(lab, { kind: 'train', dataset: DATASET_NAME, network, settings });
      const [, id] = await join(lab, 'h2');
      const node = await listed(lab, id, ({ datasets }) => datasets[0]?.state === 'paused');
      const full = /disk full: [\d.]+ MB needed, [\d.]+ MB free/;
      expect(node.datasets).toMatchObject([
        { name: DATASET_NAME, error: expect.stringMatching(full) as unknown },
      ]);
      expect(await shown(lab, 'h2')).toMatch(
        new RegExp(`^problem    lacks ${DATASET_NAME}: ${full.source}$`, 'm'),
      );
    }),
  );
});
