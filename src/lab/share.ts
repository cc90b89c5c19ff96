/**
 * Sharing of one open lab with other machines: the door, the admitted nodes, invitations and
 * requests to join. Nothing listens off this machine before `share` turns it on.
 */
import { hostname } from 'node:os';
import type { Coordinator } from '../coordinator/coordinator.ts';
import { THIS_NODE } from '../core/device.ts';
import { GalapagosError } from '../core/errors.ts';
import type { LabChange } from '../core/scheduling/index.ts';
import { externalAddresses } from '../node/discovery/addresses.ts';
import { announceLab } from '../node/discovery/discovery.ts';
import type { DatasetTransfer } from '../node/data/host-datasets.ts';
import { AdmittedNodes } from '../node/keys/admitted.ts';
import type { AdmittedNode } from '../node/keys/admitted.ts';
import { readIdentity, watchIdentity } from '../node/keys/identity.ts';
import type { Identity } from '../node/keys/identity.ts';
import { hexKeys, hostIdOf } from '../node/keys/key-pair.ts';
import { LanFolder } from '../node/keys/lan-folder.ts';
import { HostRotation, pairKnown } from '../node/keys/rotation.ts';
import type { KeyMessage } from '../node/keys/rotation.ts';
import { noteSharing } from '../node/keys/sharing.ts';
import { StatusFile } from '../node/keys/status.ts';
import type { NodeStatus } from '../node/keys/status.ts';
import { DRAIN_MS, NodeWishes, PAUSE_MS } from '../node/keys/wishes.ts';
import type { NodeWish } from '../node/keys/wishes.ts';
import { Admissions } from '../node/pairing/admissions.ts';
import { Invitations } from '../node/pairing/invitations.ts';
import { issueInvitation } from '../node/pairing/issue.ts';
import { PairingLimits } from '../node/pairing/limits.ts';
import { LAB_PORT } from '../protocol/host-address.ts';
import type {
  Admission,
  Invitation,
  RefusedRow,
  Sharing as SharingState,
} from '../protocol/window/nodes.ts';
import { allOrNothing } from '../runtime/all-or-nothing.ts';
import { systemTimer } from '../runtime/timer.ts';
import { notAdmittedText, refusalText } from '../transport/door/refusals.ts';
import type { LabTransport } from '../transport/lab-transport.ts';
import type { DataFrames } from '../transport/nodes/data-channel.ts';
import type { SharedNode, Sharing } from '../transport/nodes/sharing.ts';
import { factsOf, statusOf } from './node-facts.ts';
import { mismatchesText } from './mismatches.ts';
import { refusalsOf } from './node-refusals.ts';
import type { UnsentDataset } from './node-refusals.ts';
import type { NodeFacts } from './node-facts.ts';
import type { NodeSamples } from './node-samples.ts';
import type { RemoteHost } from './remote-host.ts';
import { wallClock } from './wall-clock.ts';

/** Milliseconds between two looks for ephemeral nodes that have left. */
const FORGET_EVERY_MS = 60_000;
/** Milliseconds between two announcements of a new key to nodes that know a former one. */
const ANNOUNCE_KEY_MS = 10_000;
/** Refusals that are listed. */
const MOST_REFUSALS = 50;
/** Milliseconds for which a refusal is listed. */
const REFUSED_MS = 10 * 60_000;
/** Stands for many addresses in the list of refusals. */
const MANY = '*';

export interface ShareParts {
  readonly transport: LabTransport;
  readonly remote: RemoteHost;
  /** Absolute path of this user's folder. */
  readonly userFolder: string;
  /** Name of the lab, for people. */
  readonly lab: string;
  readonly coordinator: () => Coordinator;
  /** Datasets that a node fetches or has fetched. */
  readonly transfers: (node: string) => readonly DatasetTransfer[];
  /** Datasets and code that cannot be sent to a node, by content. */
  readonly unsent: (node: string) => ReadonlyMap<string, UnsentDataset>;
  /** Differences of a node's Python and packages. */
  readonly packages: (node: string) => NodeFacts['packages'];
  /** Takes the frames of a node's request for data. @throws MalformedMessage */
  readonly data: (node: string, frames: readonly Buffer[]) => void;
}

/** Parts that exist while the lab is shared. */
interface Open {
  readonly sharing: Sharing;
  /** This host's present keys. */
  readonly identity: () => Identity;
  readonly rotation: HostRotation;
  readonly admitted: AdmittedNodes;
  readonly invitations: Invitations;
  readonly admissions: Admissions;
  /** Keys of the nodes that may connect, by id. */
  readonly keys: Map<string, string>;
  readonly wishes: NodeWishes;
  /** Wishes that were applied, as text, by node. */
  readonly applied: Map<string, string>;
  readonly status: StatusFile;
  readonly close: () => void;
}

export class LabShare {
  readonly #parts: ShareParts;
  readonly #name = hostname();
  readonly #wall = wallClock(() => this.#parts.coordinator().now);
  readonly #listeners = new Set<() => void>();
  /** Utilisation of all nodes, under their ids, in the order of arrival. */
  readonly samples: NodeSamples;
  #open: Open | null = null;
  #changing: Promise<void> = Promise.resolve();
  #problem: SharingState['problem'] = null;
  #refused: RefusedRow[] = [];
  readonly #refusalListeners = new Set<(text: string) => void>();

  constructor(parts: ShareParts) {
    this.#parts = parts;
    this.samples = parts.remote.samples;
    parts.remote.onChange(() => this.#changed());
  }

  /** Calls back after every change of the fields below. @returns a function that unsubscribes */
  listen(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  /**
   * Calls back with one line for the log after each report of refused machines, at most one a
   * minute for an address. @returns a function that unsubscribes
   */
  onRefused(listener: (text: string) => void): () => void {
    this.#refusalListeners.add(listener);
    return () => this.#refusalListeners.delete(listener);
  }

  get sharing(): SharingState {
    return {
      on: this.#open !== null,
      name: this.#name,
      port: this.#open?.sharing.port ?? 0,
      addresses: this.#open === null ? [] : externalAddresses().map(({ address }) => address),
      problem: this.#problem,
    };
  }

  /** Admitted nodes, whether they are present or not. */
  get nodes(): readonly NodeFacts[] {
    const { remote: host, coordinator, transfers, unsent, packages } = this.#parts;
    return (this.#open?.admitted.list() ?? []).map((admitted) => {
      const { id } = admitted;
      const remote = host.nodes.get(id) ?? null;
      const refusals = refusalsOf(id, {
        remote,
        version: host.versionsOf(id),
        lab: coordinator().lab,
        unsent: unsent(id),
        paused: this.#open?.wishes.of(id).reason ?? null,
      });
      const more = { refusals: [...refusals], packages: packages(id) };
      return factsOf(admitted, remote, transfers(id), more);
    });
  }

  /** Returns the name of an admitted node; null: there is none with this id. */
  nameOf(node: string): string | null {
    return this.#open?.admitted.find(node)?.name ?? null;
  }

  get admissions(): readonly Admission[] {
    return this.#open?.admissions.list() ?? [];
  }

  get refused(): readonly RefusedRow[] {
    const since = Date.now() - REFUSED_MS;
    this.#refused = this.#refused.filter(({ at }) => at >= since);
    return this.#refused;
  }

  /** Public key of an admitted node in hex; null: it is not admitted. */
  keyOf(node: string): string | null {
    return this.#open?.admitted.find(node)?.key ?? null;
  }

  /** Sends frames on a node's data channel. @throws Error when the node is not connected */
  async sendData(node: string, frames: DataFrames): Promise<void> {
    await this.#open?.sharing.sendData(node, frames);
  }

  readonly acts = {
    rename: (node: string, name: string): Promise<void> =>
      this.#act(node, ({ admitted }) => void admitted.rename(node, name)),
    drain: (node: string, now: boolean): Promise<void> =>
      this.#act(node, ({ wishes }) =>
        wishes.set(node, { mode: 'draining', graceMs: now ? 0 : DRAIN_MS }),
      ),
    pause: (node: string): Promise<void> =>
      this.#act(node, ({ wishes }) => wishes.set(node, { mode: 'paused', graceMs: PAUSE_MS })),
    resume: (node: string): Promise<void> =>
      this.#act(node, ({ wishes }) => wishes.set(node, { mode: 'open', graceMs: 0 })),
    remove: (node: string): Promise<void> =>
      this.#act(node, ({ admitted }) => void admitted.remove(node)),
    limit: (node: string, limits: NodeWish['limits']): Promise<void> =>
      this.#act(node, ({ wishes }) => wishes.set(node, { limits })),
  };

  /**
   * Turns sharing on or off. @param port null: the usual one
   * @throws GalapagosError `port-taken`; sharing is then off
   */
  share(on: boolean, port: number | null = null): Promise<void> {
    const next = this.#changing.then(() => (on ? this.#turnOn(port ?? LAB_PORT) : this.#turnOff()));
    this.#changing = next.catch(() => undefined);
    return next;
  }

  /** @throws GalapagosError `unknown-admission` */
  admit(conversation: string, yes: boolean): void {
    if (this.#open?.admissions.decide(conversation, yes) === true) return;
    throw new GalapagosError(
      'unknown-admission',
      'this machine no longer waits for an answer: start the join again there',
      { found: conversation },
    );
  }

  /**
   * Makes an invitation. @param addresses of this machine; default: all of them
   * @throws GalapagosError `not-shared`
   */
  invite(wanted: {
    readonly uses: number;
    readonly forMs: number;
    readonly ephemeral: boolean;
    readonly addresses?: readonly string[];
  }): Promise<Invitation> {
    return Promise.resolve().then(() => {
      const { invitations, identity, sharing } = this.#required();
      const { uses, forMs: ms, ephemeral, addresses = [] } = wanted;
      const { port } = sharing;
      const issued = issueInvitation(identity(), invitations, {
        uses,
        ms,
        ephemeral,
        port,
        addresses,
      });
      return { invitation: issued.text, until: Date.parse(issued.kept.expires), uses };
    });
  }

  /** Applies the wishes for a node that has joined. */
  joined(node: string): void {
    const open = this.#open;
    if (open === null) return;
    open.applied.delete(node);
    open.admitted.seen(node);
    this.#apply(open, open.wishes.of(node));
  }

  /** This host paused a node by itself: the mode and its reason outlast a restart. */
  paused(node: string, reason: string): void {
    this.#open?.wishes.set(node, { mode: 'paused', graceMs: 0, reason });
    this.#changed();
  }

  /** Takes a node's new key, or its confirmation of this host's. */
  rekeyed(node: string, message: KeyMessage): void {
    this.#open?.rotation.received(node, message);
  }

  /** Tells listeners that another part knows more of a node. */
  nodesChanged(): void {
    this.#changed();
  }

  /** Takes a change of the lab: notes when nodes come and go. */
  labChanged(change: LabChange): void {
    if (change.kind === 'nodeMismatch') {
      const { studies } = this.#parts.coordinator().lab;
      const text = mismatchesText(change, (uid) => studies.get(uid)?.spec.name ?? uid);
      if (change.pauses) this.paused(change.node, text);
      else this.#changed();
    }
    if (change.kind !== 'nodePresence' || change.node === THIS_NODE) return;
    if (change.presence === 'absent') this.#open?.admitted.seen(change.node);
    this.#changed();
  }

  /** Says goodbye to the nodes and closes the door. */
  close(): Promise<void> {
    return this.share(false);
  }

  async #turnOn(port: number): Promise<void> {
    if (this.#open !== null) return;
    try {
      this.#open = await allOrNothing((onFailure) => this.#opened(port, onFailure));
      this.#problem = null;
    } catch (error) {
      const code = error instanceof GalapagosError ? error.code : 'io';
      this.#problem = { code, data: { port } };
      throw error;
    } finally {
      this.#changed();
    }
  }

  async #turnOff(): Promise<void> {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    open.close();
    this.#parts.remote.dismiss();
    await this.#parts.transport.unshare();
    this.#changed();
  }

  async #opened(port: number, onFailure: (undo: () => unknown) => void): Promise<Open> {
    const { transport, userFolder, lab } = this.#parts;
    const folder = new LanFolder(userFolder);
    let own = readIdentity(folder);
    const identity = (): Identity => own;
    const admitted = new AdmittedNodes(folder);
    const invitations = new Invitations(folder);
    const keys = new Map<string, string>();
    const addNode = async (node: AdmittedNode): Promise<void> => {
      if (keys.get(node.id) === keyText(node)) return;
      keys.set(node.id, keyText(node));
      this.#parts.remote.admitted(node.id);
      await sharing.addNode(sharedNode(own, node));
    };
    const admissions = new Admissions(
      {
        identity,
        about: () => ({ name: this.#name, lab }),
        admitted,
        invitations,
        limits: new PairingLimits(() => systemTimer.now()),
        timer: systemTimer,
        open: addNode,
      },
      ({ address, reason, detail }) => {
        this.#refuse(address, reason, 1);
        this.#tell(notAdmittedText(address, detail));
      },
    );
    const wishes = new NodeWishes(folder);
    for (const node of admitted.list()) keys.set(node.id, keyText(node));
    const sharing = await transport.share({
      port,
      keys: hexKeys(own),
      nodes: admitted.list().map((node) => sharedNode(own, node)),
      listener: {
        pair: (connection) => admissions.connect(connection),
        refused: (refusal) => {
          this.#refuse(refusal.address, refusal.reason, refusal.count);
          this.#tell(refusalText(refusal));
        },
        broken: (error) => void this.#broken(error),
        data: (node, frames) => this.#parts.data(node, frames),
      },
    });
    onFailure(() => transport.unshare());
    const rotation = new HostRotation({
      identity,
      admitted,
      send: (node, message) => transport.nodes.send(node, message),
    });
    const announceKey = (): void => {
      if (own.former.length > 0) for (const node of this.#connected()) rotation.announce(node);
    };
    const announcing = setInterval(announceKey, ANNOUNCE_KEY_MS);
    const forget = setInterval(() => admitted.forgetEphemeral(this.#connected()), FORGET_EVERY_MS);
    const status = new StatusFile(folder, () => this.#status());
    const ends = [
      admitted.watch(() => {
        const nodes = admitted.list();
        const gone = [...keys.keys()].filter((id) => nodes.every((node) => node.id !== id));
        for (const id of gone) {
          keys.delete(id);
          wishes.forget(id);
          this.#removed(id);
        }
        for (const node of nodes) void addNode(node).catch((error: unknown) => this.#broken(error));
        this.#changed();
      }),
      wishes.watch(() => {
        const open = this.#open;
        if (open !== null) for (const wish of wishes.list()) this.#apply(open, wish);
      }),
      watchIdentity(folder, () => {
        own = readIdentity(folder);
        announceKey();
      }),
      () => clearInterval(announcing.unref()),
      admissions.onChange(() => this.#changed()),
      noteSharing(folder, { port: sharing.port, lab }),
      announceLab({ hostId: hostIdOf(own.key), name: this.#name, port: sharing.port }),
      () => clearInterval(forget.unref()),
      () => admissions.close(),
      () => status.close(),
    ];
    return {
      sharing,
      identity,
      rotation,
      admitted,
      invitations,
      admissions,
      keys,
      wishes,
      applied: new Map(),
      status,
      close: () => {
        for (const end of ends) end();
      },
    };
  }

  /** The door has failed. */
  async #broken(error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    this.#problem = { code: 'io', data: { reason } };
    await this.share(false);
  }

  #status(): readonly NodeStatus[] {
    return statusOf(this.nodes, this.#parts.coordinator().lab, this.#wall);
  }

  #removed(node: string): void {
    const { remote, coordinator } = this.#parts;
    coordinator().node({ type: 'nodeRemoved', node, because: 'user' });
    // The scheduler does not know a node that never joined.
    if (!coordinator().lab.nodes.has(node)) remote.cut(node);
  }

  #connected(): ReadonlySet<string> {
    const { nodes } = this.#parts.coordinator().lab;
    return new Set(
      [...nodes.values()].flatMap(({ id, presence }) => (presence === 'absent' ? [] : [id])),
    );
  }

  /** Reports a wish to the scheduler and to its node, unless it was applied before. */
  #apply({ applied }: Open, wish: NodeWish): void {
    const { node, mode, graceMs, limits } = wish;
    const { remote, coordinator } = this.#parts;
    const text = JSON.stringify(wish);
    if (applied.get(node) === text || !remote.nodes.has(node)) return;
    applied.set(node, text);
    if (mode === 'open') remote.forgive(node);
    remote.limit(node, limits);
    coordinator().node({ type: 'nodeMode', node, mode, graceMs, by: 'user', because: 'user' });
  }

  #act(node: string, act: (open: Open) => void): Promise<void> {
    return Promise.resolve().then(() => {
      const open = this.#required();
      if (open.admitted.find(node) === undefined)
        throw new GalapagosError('unknown-node', `no node ${node} is admitted to this lab`, {
          found: node,
        });
      act(open);
      this.#changed();
    });
  }

  #required(): Open {
    if (this.#open !== null) return this.#open;
    throw new GalapagosError('not-shared', 'this lab is not shared: turn sharing on first');
  }

  #tell(text: string): void {
    for (const listener of this.#refusalListeners) listener(text);
  }

  #refuse(address: string | null, reason: string, times: number): void {
    this.#refused.unshift({ address: address ?? MANY, reason, times, at: Date.now() });
    this.#refused.splice(MOST_REFUSALS);
    this.#changed();
  }

  #changed(): void {
    this.#open?.status.changed();
    for (const listener of this.#listeners) listener();
  }
}

/** Changes when a node's sockets must. */
function keyText(node: AdmittedNode): string {
  return [...keysOf(node), node.hostKey].join();
}

/** A node is served with the secret of the key that it knows. */
function sharedNode(identity: Identity, node: AdmittedNode): SharedNode {
  const { secretKey } = hexKeys(pairKnown(identity, node.hostKey));
  return { node: node.id, publicKeys: keysOf(node), secretKey };
}

function keysOf({ key, formerKey }: AdmittedNode): readonly string[] {
  const isValid = formerKey !== null && Date.now() < Date.parse(formerKey.until);
  return isValid ? [key, formerKey.key] : [key];
}
