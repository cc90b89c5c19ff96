/**
 * The nodes that this host admitted, in `nodes.json`. The file is the only truth: every change is
 * durable before it returns, and changes by other processes are seen within a second.
 */
import { z } from 'zod';
import { freeName } from '../../core/free-name.ts';
import { GalapagosError } from '../../core/errors.ts';
import { publicKey } from '../../protocol/node-messages.ts';
import { strict } from '../../protocol/problems.ts';
import { nodeIdOf } from './key-pair.ts';
import type { LanFolder } from './lan-folder.ts';

const FILE = 'nodes.json';

const instant = z.iso.datetime({ error: 'a UTC time' });
const node = strict({
  /** Stays when the key is rotated. */
  id: z.string().regex(/^n[a-z2-7]{10}$/, { error: 'the id of a node' }),
  key: publicKey,
  /** Key before the last rotation; null: none that still counts. */
  formerKey: strict({ key: publicKey, until: instant }).nullable().default(null),
  /** For people; unique on this host. */
  name: z.string().min(1).max(64),
  admitted: instant,
  by: z.enum(['digits', 'invitation']),
  /** Id of the invitation; null: none. */
  invitation: z.string().nullable(),
  /** Public key of this host that the node knows. */
  hostKey: publicKey,
  /** Time at which the node last disconnected or was last known to be connected; null: never. */
  lastSeen: instant.nullable(),
  /** Forgotten soon after it left. */
  ephemeral: z.boolean(),
});
export type AdmittedNode = Readonly<z.output<typeof node>>;

const schema = strict({ nodes: z.array(node) });

/** Milliseconds after which an ephemeral node that left is forgotten. */
export const EPHEMERAL_MS = 10 * 60_000;

export interface NewNode {
  readonly key: Buffer;
  readonly name: string;
  readonly by: AdmittedNode['by'];
  readonly invitation: string | null;
  readonly hostKey: Buffer;
  readonly ephemeral: boolean;
}

export class AdmittedNodes {
  readonly #folder: LanFolder;
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();

  /** @param now wall time, in milliseconds */
  constructor(folder: LanFolder, now: () => number = Date.now) {
    this.#folder = folder;
    this.#now = now;
  }

  list(): readonly AdmittedNode[] {
    return this.#folder.read(FILE, schema)?.nodes ?? [];
  }

  find(id: string): AdmittedNode | undefined {
    return this.list().find((known) => known.id === id);
  }

  /** Finds a node by id or name; by name only where exactly one matches, ignoring case. */
  named(text: string): AdmittedNode | undefined {
    const all = this.list();
    const lower = text.toLowerCase();
    return (
      all.find(({ id, name }) => id === text || name === text) ??
      all.find(({ name }) => name.toLowerCase() === lower)
    );
  }

  byKey(key: Uint8Array): AdmittedNode | undefined {
    const hex = Buffer.from(key).toString('hex');
    return this.list().find((known) => known.key === hex);
  }

  /**
   * Adds a node, or renews one with the same key, which keeps its name.
   * @returns the node, once it is durable
   * @throws GalapagosError `not-admitted` if another key has the same id, `not-written`
   */
  admit({ key, name, by, invitation, hostKey, ephemeral }: NewNode): AdmittedNode {
    const hex = key.toString('hex');
    const at = new Date(this.#now()).toISOString();
    let admitted: AdmittedNode | undefined;
    this.#change((nodes) => {
      const known = nodes.find((other) => other.key === hex);
      const others = nodes.filter((other) => other !== known);
      const id = known?.id ?? nodeIdOf(key);
      // An id is 50 bits of a hash: another key with the same id can be searched for.
      if (others.some((other) => other.id === id))
        throw new GalapagosError(
          'not-admitted',
          `another node has the id ${id} already: remove that node first, or rotate the key of the new one`,
          { found: id },
        );
      admitted = {
        id,
        key: hex,
        formerKey: null,
        name: known?.name ?? freeName(new Set(others.map((other) => other.name)), name),
        admitted: at,
        by,
        invitation,
        hostKey: hostKey.toString('hex'),
        lastSeen: at,
        ephemeral,
      };
      return [...others, admitted];
    });
    if (admitted === undefined) throw new Error('a node was not stored');
    return admitted;
  }

  /** @returns the removed node, once that is durable; undefined: there was none */
  remove(id: string): AdmittedNode | undefined {
    let removed: AdmittedNode | undefined;
    this.#change((nodes) => {
      removed = nodes.find((known) => known.id === id);
      return removed === undefined ? nodes : nodes.filter((known) => known !== removed);
    });
    return removed;
  }

  /** @throws GalapagosError `name-taken`, `bad-name`, `not-found` */
  rename(id: string, name: string): AdmittedNode {
    if (name.trim() === '' || name.length > 64)
      throw new GalapagosError(
        'bad-name',
        `name of a node: expected 1 to 64 characters, found ${name.length}`,
        { found: name },
      );
    return this.#update(id, (known, nodes) => {
      if (nodes.some((other) => other !== known && other.name === name))
        throw new GalapagosError(
          'name-taken',
          `another node is named ${JSON.stringify(name)} already`,
          { found: name },
        );
      return { ...known, name };
    });
  }

  /** Notes that a node is connected, or has just left. Does nothing for a removed node. */
  seen(id: string): void {
    if (this.find(id) === undefined) return;
    this.#update(id, (known) => ({ ...known, lastSeen: new Date(this.#now()).toISOString() }));
  }

  /** Stores the new key of a node; the present one counts until `until`, wall time. */
  rekey(id: string, key: Uint8Array, until: number): AdmittedNode {
    const hex = Buffer.from(key).toString('hex');
    return this.#update(id, (known) =>
      known.key === hex
        ? known
        : {
            ...known,
            key: hex,
            formerKey: { key: known.key, until: new Date(until).toISOString() },
          },
    );
  }

  /** Stores which of this host's keys a node knows. */
  knowsHost(id: string, hostKey: Uint8Array): AdmittedNode {
    const hex = Buffer.from(hostKey).toString('hex');
    return this.#update(id, (known) => ({ ...known, hostKey: hex }));
  }

  /**
   * Forgets ephemeral nodes that left `EPHEMERAL_MS` ago.
   * @param connected ids of the nodes that are connected
   * @returns the forgotten nodes
   */
  forgetEphemeral(connected: ReadonlySet<string>): readonly AdmittedNode[] {
    const left = (known: AdmittedNode): boolean =>
      known.ephemeral &&
      !connected.has(known.id) &&
      this.#now() - Date.parse(known.lastSeen ?? known.admitted) >= EPHEMERAL_MS;
    const forgotten = this.list().filter(left);
    if (forgotten.length > 0) this.#change((nodes) => nodes.filter((known) => !left(known)));
    return forgotten;
  }

  /**
   * Calls back after a change by this or another process.
   * @returns a function that ends it
   */
  watch(changed: () => void): () => void {
    this.#listeners.add(changed);
    const end = this.#folder.watch(FILE, changed);
    return () => {
      this.#listeners.delete(changed);
      end();
    };
  }

  #update(
    id: string,
    update: (known: AdmittedNode, nodes: readonly AdmittedNode[]) => AdmittedNode,
  ): AdmittedNode {
    let updated: AdmittedNode | undefined;
    this.#change((nodes) =>
      nodes.map((known) => (known.id === id ? (updated = update(known, nodes)) : known)),
    );
    if (updated === undefined)
      throw new GalapagosError('not-found', `no node ${id} is admitted to this lab`, { found: id });
    return updated;
  }

  #change(change: (nodes: readonly AdmittedNode[]) => readonly AdmittedNode[]): void {
    const changed = this.#folder.exclusively(() => {
      const nodes = this.list();
      const next = change(nodes);
      if (next.length === nodes.length && next.every((known, i) => known === nodes[i]))
        return false;
      this.#folder.write(FILE, { nodes: next });
      return true;
    });
    if (changed) for (const listener of this.#listeners) listener();
  }
}
