/** Implements `node`: joins the lab, starts this machine's part in it, and ends with it. */
import { hostname, release, type as systemName } from 'node:os';
import { FetchedDatasets } from '../../datasets/fetched.ts';
import { datasetsFolder } from '../../datasets/places.ts';
import { workerProgram } from '../../lab/worker-program.ts';
import { nextBoot } from '../../node/link/boot.ts';
import { parseHours } from '../../node/courtesy/hours.ts';
import { checkIdleKnown } from '../../node/courtesy/machine-courtesy.ts';
import { readCourtesy } from '../../node/courtesy/settings.ts';
import { readIdentity } from '../../node/keys/identity.ts';
import { writeJoinedHost } from '../../node/keys/joined-host.ts';
import type { JoinedHost } from '../../node/keys/joined-host.ts';
import { hexKeys, hostIdOf } from '../../node/keys/key-pair.ts';
import type { LanFolder } from '../../node/keys/lan-folder.ts';
import { permitPrograms, permitsPrograms } from '../../node/keys/programs.ts';
import { pairKnown } from '../../node/keys/rotation.ts';
import type { LinkEnd } from '../../node/link/link.ts';
import { noteNode } from '../../node/link/node-note.ts';
import { startNode } from '../../node/start-node.ts';
import { workerCount } from '../../node/workers/slots.ts';
import { objectiveKind } from '../../objectives/registry.ts';
import { parseHostAddress } from '../../protocol/host-address.ts';
import { NO_LIMITS } from '../../protocol/node-messages.ts';
import type { NodeLimits } from '../../protocol/node-messages.ts';
import { availableCores } from '../../runtime/confinement.ts';
import { cpuDevice } from '../../runtime/cpu-device.ts';
import { findCards } from '../../studies/find-cards.ts';
import type { NodeDisplay } from '../display/node-display.ts';
import type { NodeFlags } from '../options/node-options.ts';
import type { Context } from '../process/context.ts';
import { EXIT } from '../process/exit-codes.ts';
import type { ExitCode } from '../process/exit-codes.ts';
import { versionOf } from '../process/version.ts';
import { chooseDevices } from '../run/choose-devices.ts';
import { NodeFolders } from './node-folders.ts';
import { NodeLabFiles } from './node-lab-files.ts';
import { attendNode } from './attend-node.ts';
import { joinLab } from './join-lab.ts';
import type { Membership } from './join-lab.ts';
import { parentOrders } from './parent-orders.ts';
import { ShownNode } from './shown-node.ts';

/** Time that running trials have to finish when the node is told to leave, in milliseconds. */
const DRAIN_GRACE_MS = 25_000;

export interface WantedNode extends NodeFlags {
  /** Address of the host; null: none is given. */
  readonly host: string | null;
  readonly ephemeral?: boolean;
}

export async function runNode(
  wanted: WantedNode,
  context: Context,
  display: NodeDisplay,
): Promise<ExitCode> {
  const { resources, userFolder } = context;
  const orders = parentOrders();
  const { env } = context.streams;
  if (wanted.whenIdle === true) await checkIdleKnown();
  const hours = wanted.hours === undefined ? null : parseHours(wanted.hours, '--hours');
  const cards = await findCards({ userFolder, env });
  const chosen = chooseDevices(wanted.devices ?? null, cards);
  const name = wanted.name ?? hostname();
  const system = `${systemName()} ${release()}`;
  const cores = availableCores();
  const devices = chosen.cards.map(({ device }) => device.name);
  const { host: named, join, ephemeral = false } = wanted;
  const member = await joinLab(
    {
      host: named,
      ephemeral,
      orders,
      about: { name, system, cores, devices },
      ...(join === undefined ? {} : { join }),
    },
    context,
    display,
  );
  const { host, identity, folder } = member;
  const labPrograms = permitted(member, wanted.allowCommands);
  if (labPrograms)
    display({
      event: 'note',
      text: `runs programs of ${host.name} (--no-allow-commands ends that)`,
    });
  const forget = folder === null ? () => undefined : noteNode(folder);
  const count = workerCount(wanted.workers ?? Math.max(1, cores - chosen.cards.length));
  if (count.note !== null) display({ event: 'note', text: count.note });

  const shown = new ShownNode(display, host);
  try {
    const node = await startNode({
      node: host.node,
      keys: hexKeys(pairKnown(identity, host.ownKey)),
      rotates: {
        identity: () => (folder === null ? identity : readIdentity(folder)),
        host,
        store: (changed) => {
          if (folder === null) return;
          writeJoinedHost(folder, changed);
          // The permission is the host's, whatever its key.
          if (labPrograms) permitPrograms(folder, keyId(changed), true);
        },
      },
      host: {
        name: host.name,
        key: host.key,
        addresses: host.addresses.map((text) => parseHostAddress(text)),
      },
      boot: folder === null ? 1 : nextBoot(folder.path),
      name,
      release: versionOf(resources),
      system,
      cores,
      cpu: cpuDevice(),
      cpuWorkers: chosen.cpu ? count.workers : 0,
      cards: chosen.cards,
      worker: workerProgram(),
      resources,
      userFolder,
      datasets: new NodeFolders(
        new FetchedDatasets(datasetsFolder(userFolder)),
        userFolder,
        labPrograms,
        env,
        (text) => shown.warn(text),
      ),
      labPrograms,
      labFiles: new NodeLabFiles(userFolder, labPrograms, (text) => shown.warn(text)),
      sideBySide: ({ objective }) => objectiveKind(objective.kind)?.sideBySide(objective) ?? false,
      serves: wanted.serve,
      limits: limitsOf(folder, hours, wanted.whenIdle),
      listener: shown,
    });
    shown.started(name, node);
    const graceMs = wanted.drainGrace ?? DRAIN_GRACE_MS;
    return exitCodeOf(await attendNode({ node, shown, display, orders, folder, graceMs }));
  } finally {
    forget();
  }
}

function keyId({ key }: Pick<JoinedHost, 'key'>): string {
  return hostIdOf(Buffer.from(key, 'hex'));
}

/** Returns whether the owner permits programs of the host, and keeps a changed permission. */
function permitted({ host, folder }: Membership, changed: boolean | undefined): boolean {
  if (folder === null) return changed === true;
  if (changed !== undefined) permitPrograms(folder, keyId(host), changed);
  return permitsPrograms(folder, keyId(host));
}

/** The limits that the owner has set, with those of the command line. */
function limitsOf(
  folder: LanFolder | null,
  hours: NodeLimits['hours'],
  whenIdle: boolean | undefined,
): NodeLimits {
  const kept = folder === null ? NO_LIMITS : readCourtesy(folder);
  return { ...kept, hours: hours ?? kept.hours, whenIdle: whenIdle ?? kept.whenIdle };
}

function exitCodeOf({ why }: LinkEnd): ExitCode {
  switch (why) {
    case 'left':
      return EXIT.done;
    case 'version':
      return EXIT.otherVersion;
    case 'removed':
    case 'refused':
    case 'replaced':
      return EXIT.refused;
    default:
      return why satisfies never;
  }
}
