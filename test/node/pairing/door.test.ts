/** Admissions through a real door on loopback, then an encrypted link with the admitted key. */
import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdmittedNodes } from '../../../src/node/keys/admitted.ts';
import { readIdentity, rotateIdentity } from '../../../src/node/keys/identity.ts';
import { readJoinedHost } from '../../../src/node/keys/joined-host.ts';
import { hexKeys } from '../../../src/node/keys/key-pair.ts';
import { LanFolder } from '../../../src/node/keys/lan-folder.ts';
import { Admissions } from '../../../src/node/pairing/admissions.ts';
import type { RefusedAdmission } from '../../../src/node/pairing/admissions.ts';
import { Invitations } from '../../../src/node/pairing/invitations.ts';
import { issueInvitation } from '../../../src/node/pairing/issue.ts';
import { joinByInvitation } from '../../../src/node/pairing/join.ts';
import type { Admission } from '../../../src/node/pairing/join-parts.ts';
import { PairingLimits } from '../../../src/node/pairing/limits.ts';
import { NodePairing } from '../../../src/node/pairing/node-pairing.ts';
import { hostAddressText } from '../../../src/protocol/host-address.ts';
import { systemTimer } from '../../../src/runtime/timer.ts';
import { dialPair } from '../../../src/transport/door/socket-lines.ts';
import { InProcessCoordinator } from '../../../src/transport/in-process.ts';
import { LabTransport } from '../../../src/transport/lab-transport.ts';
import { NodeEnd } from '../../../src/transport/nodes/node-end.ts';
import type { LinkState } from '../../../src/transport/nodes/node-end.ts';
import type { Sharing } from '../../../src/transport/nodes/sharing.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';

const about = { name: 'PIXEL', system: 'Debian 12', cores: 8, devices: [] };

let homes: TemporaryFolder[];
let host: LanFolder;
let node: LanFolder;
let sharing: Sharing;
let admissions: Admissions;
let refused: RefusedAdmission[];
let invitations: Invitations;

beforeEach(async () => {
  homes = [temporaryFolder(), temporaryFolder()];
  [host, node] = homes.map(({ path }) => new LanFolder(path)) as [LanFolder, LanFolder];
  refused = [];
  invitations = new Invitations(host);
  const transport = new LabTransport(new InProcessCoordinator());
  sharing = await transport.share({
    port: 0,
    host: '127.0.0.1',
    keys: hexKeys(readIdentity(host)),
    nodes: [],
    listener: {
      pair: (connection) => admissions.connect(connection),
      refused: () => undefined,
      data: () => undefined,
      broken: (error) => {
        throw error;
      },
    },
  });
  admissions = new Admissions(
    {
      identity: () => readIdentity(host),
      about: () => ({ name: 'DESK', lab: 'vision' }),
      admitted: new AdmittedNodes(host),
      invitations,
      limits: new PairingLimits(() => systemTimer.now()),
      timer: systemTimer,
      open: ({ id, key }) => sharing.addNode({ node: id, publicKeys: [key] }),
    },
    (refusal) => refused.push(refusal),
  );
});

afterEach(async () => {
  admissions.close();
  await sharing.close();
  for (const home of homes) home.remove();
});

const invitation = (): string =>
  issueInvitation(readIdentity(host), invitations, {
    uses: 1,
    ms: 3_600_000,
    ephemeral: false,
    port: sharing.port,
    addresses: ['127.0.0.1'],
  }).text;

/** Connects an admitted machine; `states` are those of its link. */
async function connectAs(
  id: string,
  hostKey: string,
): Promise<{ readonly end: NodeEnd; readonly states: readonly LinkState['is'][] }> {
  const states: LinkState['is'][] = [];
  const end = await NodeEnd.open({
    node: id,
    keys: hexKeys(readIdentity(node)),
    hostKey,
    addresses: [{ host: '127.0.0.1', port: sharing.port }],
    listener: {
      state: ({ is }) => states.push(is),
      message: () => undefined,
      control: () => undefined,
      tasks: () => undefined,
      data: () => undefined,
      malformed: () => undefined,
    },
  });
  return { end, states };
}

/** Resolves with the first state of the link that is not `connecting`. */
async function linked(id: string, hostKey: string): Promise<LinkState['is'] | undefined> {
  const { end, states } = await connectAs(id, hostKey);
  const first = (): LinkState['is'] | undefined => states.find((state) => state !== 'connecting');
  try {
    await expect.poll(first).toBeDefined();
    return first();
  } finally {
    await end.close();
  }
}

const joining = { about, timer: systemTimer, dial: dialPair };

describe('Admission through a door', () => {
  it('admits by an invitation, and the link is open at the first try', async () => {
    const identity = readIdentity(node);
    const joined = await joinByInvitation(invitation(), { ...joining, identity, folder: node });
    expect(joined).toMatchObject({
      key: readIdentity(host).key.toString('hex'),
      addresses: [hostAddressText({ host: '127.0.0.1', port: sharing.port })],
      name: 'DESK',
      lab: 'vision',
    });
    expect(readJoinedHost(node)).toEqual(joined);
    expect(new AdmittedNodes(host).list()).toMatchObject([{ id: joined.node, name: 'PIXEL' }]);
    expect(await linked(joined.node, joined.key)).toBe('connected');
    expect(refused).toEqual([]);
  });

  it('admits by digits that both people confirm, and the link is open at the first try', async () => {
    const connection = await dialPair({ host: '127.0.0.1', port: sharing.port });
    const admission = await new Promise<Admission>((resolve, reject) => {
      const pairing = new NodePairing(
        connection,
        { identity: readIdentity(node), about, timer: systemTimer },
        {
          shown: ({ digits }) => {
            const [waiting] = admissions.list();
            expect(waiting).toMatchObject({ name: 'PIXEL', address: '127.0.0.1', digits });
            admissions.decide(waiting!.conversation, true);
            pairing.agree(true);
          },
          admitted: resolve,
          failed: reject,
        },
      );
    });
    expect(await linked(admission.node, admission.hostKey.toString('hex'))).toBe('connected');
  });

  it('continues with the new keys of host and node after both were rotated', async () => {
    const { key, node: id } = await joinByInvitation(invitation(), {
      ...joining,
      identity: readIdentity(node),
      folder: node,
    });
    const { end, states } = await connectAs(id, key);
    const times = (): number => states.filter((state) => state === 'connected').length;
    try {
      await expect.poll(times).toBe(1);
      const { former } = rotateIdentity(node);
      const renewed = hexKeys(rotateIdentity(host));
      const own = hexKeys(readIdentity(node));
      end.expectHost(renewed.publicKey);
      end.useKeys(own);
      const publicKeys = [own.publicKey, former[0]!.key.toString('hex')];
      await sharing.addNode({ node: id, publicKeys, secretKey: renewed.secretKey });
      await expect.poll(times).toBe(2);
      expect(states).not.toContain('refused');
    } finally {
      await end.close();
    }
  });

  it('says at once why an invitation is refused, and tries no further', async () => {
    const text = invitation();
    for (const { id } of invitations.list()) invitations.revoke(id);
    const identity = readIdentity(node);
    await expect(joinByInvitation(text, { ...joining, identity, folder: node })).rejects.toThrow(
      /127\.0\.0\.1:\d+: the host refused the invitation: it was used, has expired or was revoked/,
    );
    expect(refused).toMatchObject([{ address: '127.0.0.1', reason: 'refused' }]);
    expect(readJoinedHost(node)).toBeNull();
  });

  it('refuses to join a machine to itself, and says what to do', async () => {
    await expect(
      joinByInvitation(invitation(), { ...joining, identity: readIdentity(host), folder: host }),
    ).rejects.toThrow(/set GALAPAGOS_HOME to another folder/);
  });

  it('ends a conversation at a line that is too long', async () => {
    const socket = connect({ host: '127.0.0.1', port: sharing.port });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const ended = once(socket, 'close');
    socket.write(`galapagos/1 pair\n${'x'.repeat(2000)}\n`);
    await ended;
    expect(admissions.list()).toEqual([]);
  });
});
