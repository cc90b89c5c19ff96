/** Tests `nodes` in this process on the status that a process which shares a lab writes. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listNodes, showNode } from '../../src/cli/actions/nodes.ts';
import { AdmittedNodes } from '../../src/node/keys/admitted.ts';
import { newKeyPair } from '../../src/node/keys/key-pair.ts';
import { LanFolder } from '../../src/node/keys/lan-folder.ts';
import { StatusFile } from '../../src/node/keys/status.ts';
import type { NodeStatus } from '../../src/node/keys/status.ts';
import { nodesOutput } from '../../src/protocol/cli-output-lab.ts';
import { cliContext } from '../support/cli-context.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let home: TemporaryFolder;
let status: StatusFile | null = null;
beforeEach(() => {
  home = temporaryFolder();
});
afterEach(() => {
  status?.close();
  home.remove();
});

const context = () => cliContext(home.path, { GALAPAGOS_HOME: home.path });

/** Admits PIXEL and writes its status. */
function write(more: Partial<NodeStatus>): void {
  const folder = new LanFolder(home.path);
  const { id } = new AdmittedNodes(folder).admit({
    key: newKeyPair().key,
    name: 'PIXEL',
    by: 'digits',
    invitation: null,
    hostKey: newKeyPair().key,
    ephemeral: false,
  });
  status = new StatusFile(folder, () => [
    {
      node: id,
      presence: 'present',
      mode: 'open',
      by: null,
      left: null,
      release: '0.3',
      system: null,
      slots: [],
      running: 0,
      rttMs: null,
      offsetMs: null,
      datasets: [],
      refusals: [],
      ...more,
    },
  ]);
}

const versions = { node: { low: 1, high: 1 }, lab: { low: 2, high: 3 } };
const full = 'disk full: 2.1 GB needed, 0.4 GB free';

describe('Command line: nodes that do not work', () => {
  it.each<[string, Partial<NodeStatus>]>([
    [
      'PIXEL speaks protocol 1, this lab 2–3: update Galapagos on PIXEL',
      { refusals: [{ reason: 'version', data: versions }] },
    ],
    [
      'release 0.3 computes differently',
      { refusals: [{ reason: 'arithmetic', data: { release: '0.3' } }] },
    ],
    [
      `lacks cifar-10: ${full}`,
      {
        datasets: [{ name: 'cifar-10', bytes: 1, of: 2, state: 'paused', from: [], error: full }],
      },
    ],
    [
      'lacks digits: its file is damaged',
      {
        refusals: [{ reason: 'lacks', data: { dataset: 'digits', error: 'its file is damaged' } }],
      },
    ],
  ])('are listed and shown with the reason: %s', (reason, more) => {
    write(more);
    const [list, show, json] = [context(), context(), context()];
    listNodes(list, {});
    expect(list.printed()).toContain(`\nPIXEL: ${reason}\n`);
    showNode(show, 'PIXEL', {});
    expect(show.printed()).toContain(`problem    ${reason}\n`);
    listNodes(json, { json: true });
    const { nodes } = nodesOutput.parse(JSON.parse(json.printed()));
    expect(nodes[0]).toMatchObject(more);
  });

  it('are seen now while they are connected, and otherwise at a time to the minute', () => {
    write({ slots: ['n1/cpu/0', 'n1/gpu/0/0'] });
    const [connected, gone] = [context(), context()];
    showNode(connected, 'PIXEL', {});
    expect(connected.printed()).toContain('last seen  now\n');
    expect(connected.printed()).toContain('workers    CPU 0, GPU 0\n');
    status?.close();
    status = null;
    new AdmittedNodes(new LanFolder(home.path)).seen(
      new AdmittedNodes(new LanFolder(home.path)).list()[0]?.id ?? '',
    );
    listNodes(gone, {});
    expect(gone.printed()).toMatch(/PIXEL .*\d{4}-\d\d-\d\d \d\d:\d\d\n/);
  });
});
