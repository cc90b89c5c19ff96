/** Tests `nodes` in this process on the status that a process which shares a lab writes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listNodes, showNode } from '../../src/cli/actions/nodes.ts';
import { AdmittedNodes } from '../../src/node/keys/admitted.ts';
import { newKeyPair } from '../../src/node/keys/key-pair.ts';
import { LanFolder } from '../../src/node/keys/lan-folder.ts';
import { StatusFile } from '../../src/node/keys/status.ts';
import type { NodeStatus } from '../../src/node/keys/status.ts';
import { NO_LIMITS } from '../../src/protocol/node-messages.ts';
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

function escaped(text: string): string {
  return text.replaceAll(/[().]/g, String.raw`\$&`);
}

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
      since: null,
      mode: 'open',
      by: null,
      left: null,
      release: '0.3',
      system: null,
      slots: [],
      busy: 0,
      running: 0,
      waiting: 0,
      held: null,
      hoursFrom: null,
      limits: null,
      rttMs: null,
      offsetMs: null,
      datasets: [],
      refusals: [],
      packages: [],
      ...more,
    },
  ]);
}

const versions = { node: { low: 1, high: 1 }, lab: { low: 2, high: 3 } };
const full = 'disk full: 2.1 GB needed, 0.4 GB free';

const SLOTS = ['n1/cpu/0', 'n1/cpu/1'];
const at = (hour: number): number => new Date(2026, 0, 5, hour, 2).getTime();
const FAILED = 'trial 3: crash after 5 ms (out of memory)';
const fetching = {
  name: 'cifar-10',
  bytes: 43,
  of: 100,
  state: 'fetching' as const,
  from: ['DESK', 'A', 'B'],
  error: null,
};

describe('galapagos nodes: status of another release', () => {
  it('lists the node, and says that its state is not known', () => {
    write({});
    const file = join(home.path, 'lan/status.json');
    const later = readFileSync(file, 'utf8').replace('"present"', '"hibernating"');
    writeFileSync(file, later.replace('"nodes"', '"format": 9, "nodes"'));
    const told = context();
    listNodes(told, {});
    expect(told.printed()).toMatch(/PIXEL +Unknown /);
    expect(told.printed()).toContain(
      'PIXEL: the program that shares the lab is of another release',
    );
    const json = context();
    listNodes(json, { json: true });
    expect(nodesOutput.parse(JSON.parse(json.printed())).nodes[0]).toMatchObject({
      ...{ name: 'PIXEL', presence: null, mode: 'open' },
    });
  });
});

describe('Command line: states of nodes', () => {
  it.each<[string, Partial<NodeStatus>]>([
    ['Ready', {}],
    ['1 of 2 at work', { slots: SLOTS, busy: 1, running: 4 }],
    ['Fetching cifar-10, 43 %, from DESK and 2 others', { datasets: [fetching] }],
    ['Checking cifar-10', { datasets: [{ ...fetching, state: 'checking' }] }],
    ['Gone since 14:02', { presence: 'absent', since: at(14), left: 'silent' }],
    ['Asleep since 14:02', { presence: 'absent', since: at(14), left: 'sleep' }],
    ['Left', { presence: 'absent', since: at(14), left: 'owner' }],
    ['Not connected yet', { presence: 'absent' }],
    ['Finishes 2 trials, takes no more', { mode: 'draining', by: 'user', busy: 2, running: 2 }],
    ['Drained', { mode: 'drained', by: 'user' }],
    ['Drained (by its owner)', { mode: 'drained', by: 'owner' }],
    ['Paused here', { mode: 'paused', by: 'user' }],
    ['Paused by its owner', { mode: 'paused', by: 'owner' }],
    ['In use: waits', { slots: SLOTS, waiting: 2 }],
    [
      'In use (other programs use 40 %): waits',
      { slots: SLOTS, waiting: 2, held: { reason: 'load', data: { load: 40 } } },
    ],
    ['1 of 2 at work', { slots: SLOTS, busy: 1, waiting: 1 }],
    ['Another version', { refusals: [{ reason: 'version', data: versions }] }],
  ])('are listed and shown in words: %s', (words, more) => {
    write(more);
    const [list, show] = [context(), context()];
    listNodes(list, {});
    expect(list.printed()).toMatch(new RegExp(`^PIXEL +${escaped(words)}  `, 'm'));
    showNode(show, 'PIXEL', {});
    expect(show.printed()).toContain(`state      ${words}\n`);
  });

  it('name the hour at which its use begins, and since when its input is', () => {
    const now = Date.now();
    write({ hoursFrom: now + 3_600_000 });
    const [off, used] = [context(), context()];
    listNodes(off, {});
    expect(off.printed()).toMatch(/^PIXEL +Off until \d\d:\d\d {2}/m);
    status?.close();
    status = null;
    write({ slots: SLOTS, waiting: 2, held: { reason: 'input', data: { at: now - 3_000 } } });
    listNodes(used, {});
    expect(used.printed()).toMatch(/In use \(input \d\.\d s ago\): waits/);
  });

  it('say how long a node was silent, and that its trials run elsewhere too', () => {
    write({ presence: 'away', since: Date.now() - 12_000, running: 3 });
    const listed = context();
    listNodes(listed, {});
    expect(listed.printed()).toMatch(/^PIXEL +Not heard of for 1\d s {2}/m);
    expect(listed.printed()).toContain(
      '\nPIXEL: its 3 trials run elsewhere too; what it finishes still counts\n',
    );
  });

  it('say which trials a quarantined node failed, and when it is tried again', () => {
    const data = { trials: 3, detail: FAILED, untilMs: Date.now() + 48_000 };
    write({ refusals: [{ reason: 'quarantined', data }] });
    const listed = context();
    listNodes(listed, {});
    expect(listed.printed()).toMatch(/^PIXEL +Quarantined, tried again in 4\d s {2}/m);
    expect(listed.printed()).toContain(
      `\nPIXEL: failed 3 trials that succeeded elsewhere: ${FAILED}\n`,
    );
  });

  it('show the limits in force', () => {
    write({ limits: { ...NO_LIMITS, devices: ['cpu'], hours: { from: 18, to: 8 } } });
    const show = context();
    showNode(show, 'PIXEL', {});
    expect(show.printed()).toContain('limits     only CPU, 18-8\n');
  });
});

describe('Command line: nodes with other packages', () => {
  it('are shown with the differences of each study', () => {
    const differences = [
      { name: 'torch', there: '2.3.0', here: '2.4.1' },
      { name: 'numpy', there: null, here: '2.0.1' },
    ];
    const packages = [{ study: 'mnist', differences }];
    write({ packages });
    const [show, json] = [context(), context()];
    showNode(show, 'PIXEL', {});
    expect(show.printed()).toContain(
      'packages   other ones for mnist: torch 2.3.0 (here 2.4.1); numpy is missing\n',
    );
    showNode(json, 'PIXEL', { json: true });
    expect(nodesOutput.parse(JSON.parse(json.printed())).nodes[0]).toMatchObject({ packages });
  });
});

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
