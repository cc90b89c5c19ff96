/**
 * This machine as a node of another lab, for the window: starts the node process, follows what it
 * tells, and passes the person's answers and limits on. A machine that joined before starts with
 * the program.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GalapagosError } from '../../core/errors.ts';
import { checkIdleKnown } from '../../node/courtesy/machine-courtesy.ts';
import { COURTESY_FILE, readCourtesy } from '../../node/courtesy/settings.ts';
import { readIdentity } from '../../node/keys/identity.ts';
import { forgetJoinedHost, readJoinedHost } from '../../node/keys/joined-host.ts';
import type { JoinedHost } from '../../node/keys/joined-host.ts';
import { hostIdOf } from '../../node/keys/key-pair.ts';
import { LanFolder } from '../../node/keys/lan-folder.ts';
import type { NodeOutput } from '../../protocol/cli-output-lab.ts';
import { NO_LIMITS } from '../../protocol/node-messages.ts';
import type { NodeLimits } from '../../protocol/node-messages.ts';
import type { OwnerBody, SeenBody } from '../../protocol/window/nodes.ts';
import { Changes } from '../feeds/changes.ts';
import type { NodeFace } from '../shared-lab.ts';
import { NodeChild } from './node-child.ts';
import type { NodeProgram } from './node-child.ts';

export interface JoinedLabParts {
  readonly program: NodeProgram;
  /** Absolute path of this user's folder. */
  readonly userFolder: string;
  /** Looks for labs on the network until the returned function is called. */
  readonly discover?: (found: (seen: SeenBody) => void) => () => void;
}

type Joining = Pick<
  OwnerBody,
  'phase' | 'address' | 'host' | 'lab' | 'digits' | 'reason' | 'link' | 'running'
>;

const NOWHERE: Joining = {
  phase: 'none',
  address: null,
  host: null,
  lab: null,
  digits: null,
  reason: null,
  link: null,
  running: 0,
};
const NOTHING_SEEN: SeenBody = { labs: [], blind: null };
const INVITATION = /^galapagos-join:/i;
/** Folder, within `lan`, of the identity as a node of a lab that this machine itself hosts. */
const OWN_LAB = 'own-lab';
const LAN = 'lan';
/** Milliseconds after which a machine that its host drained connects again. */
const AGAIN_MS = 30_000;

export class JoinedLab implements NodeFace {
  readonly #parts: JoinedLabParts;
  readonly #changes = new Changes();
  #joining: Joining = NOWHERE;
  #limits: NodeLimits;
  #idle: Pick<OwnerBody, 'idleSource' | 'idleUnknown'> = { idleSource: null, idleUnknown: null };
  #child: NodeChild | null = null;
  #again: NodeJS.Timeout | undefined;
  #found: SeenBody = NOTHING_SEEN;
  #lookers = 0;
  #stopLooking: () => void = () => undefined;

  constructor(parts: JoinedLabParts) {
    this.#parts = parts;
    this.#limits = keptLimits(parts.userFolder);
    try {
      const host = this.#joinedHost;
      if (host !== null) this.#begin([], { ...NOWHERE, phase: 'joined', ...namesOf(host) });
    } catch (error) {
      // The program works for its own lab all the same.
      const message = error instanceof Error ? error.message : String(error);
      this.#set({ phase: 'failed', reason: { reason: 'unreadable', data: { message } } });
    }
  }

  listen(changed: () => void): () => void {
    return this.#changes.listen(changed);
  }

  get state(): OwnerBody {
    return {
      cannotJoin: null,
      ...this.#joining,
      limits: this.#limits,
      devices: [],
      ...this.#idle,
    };
  }

  /** Labs that are seen, and the one that this machine joined before. */
  get seen(): SeenBody {
    const host = this.#remembered();
    const own = this.#ownId();
    const labs = this.#found.labs.filter(({ host: id }) => id !== own);
    const { blind } = this.#found;
    if (host === null || labs.some(({ host: id }) => id === host.id)) return { labs, blind };
    const { id, name, lab, addresses } = host;
    const remembered = { host: id, name: `${lab} on ${name}`, addresses, seenAt: null };
    return {
      labs: [...labs, { ...remembered, addresses: [...addresses], compatible: true }],
      blind,
    };
  }

  look(): () => void {
    this.#lookers += 1;
    if (this.#lookers === 1)
      this.#stopLooking =
        this.#parts.discover?.((seen) => {
          this.#found = seen;
          this.#changes.notify();
        }) ?? (() => undefined);
    let looking = true;
    return () => {
      if (!looking) return;
      looking = false;
      this.#lookers -= 1;
      if (this.#lookers > 0) return;
      this.#stopLooking();
      this.#found = NOTHING_SEEN;
    };
  }

  async start(address: string): Promise<void> {
    if (this.#joining.phase === 'joined')
      throw new GalapagosError(
        'cannot-join',
        `this machine works for ${this.#joining.host ?? 'a lab'} already: leave that lab first`,
      );
    await this.#end();
    const invited = INVITATION.test(address);
    this.#begin(invited ? ['--join', address] : [address], {
      ...NOWHERE,
      phase: 'connecting',
      address: invited ? null : (address.split(',')[0] ?? null),
    });
  }

  async agree(yes: boolean): Promise<void> {
    const { phase } = this.#joining;
    // A yes counts only for digits that the person can see.
    const asked = phase === 'digits' || (!yes && (phase === 'waiting' || phase === 'connecting'));
    if (!asked) throw new GalapagosError('unknown-admission', 'this machine is joining no lab');
    if (yes) {
      this.#child?.order({ order: 'agree', yes: true });
      this.#set({ phase: 'waiting' });
      return;
    }
    if (phase === 'digits') {
      // Tells the host, which warns its user too; then the process ends by itself.
      this.#set({ phase: 'failed', digits: null, reason: { reason: 'declined', data: {} } });
      this.#child?.order({ order: 'agree', yes: false });
      await this.#child?.ended;
    } else {
      this.#set(NOWHERE);
      await this.#end();
    }
  }

  async leave(): Promise<void> {
    this.#set(NOWHERE);
    await this.#end();
    for (const folder of this.#folders) forgetJoinedHost(folder);
    this.#changes.notify();
  }

  /** @throws GalapagosError `idle-unknown`: no source tells whether the machine is in use */
  async limit(limits: NodeLimits): Promise<void> {
    if (limits.whenIdle && !this.#limits.whenIdle) await checkIdleKnown();
    this.#limits = limits;
    this.#child?.order({ order: 'limits', limits });
    this.#changes.notify();
  }

  asleep(now: boolean): void {
    this.#child?.order({ order: 'asleep', now });
  }

  async close(): Promise<void> {
    this.#stopLooking();
    await this.#end();
  }

  /** Folders in which a joined host is remembered. */
  get #folders(): readonly LanFolder[] {
    const { userFolder } = this.#parts;
    return [userFolder, join(userFolder, LAN, OWN_LAB)]
      .filter((folder) => existsSync(join(folder, LAN, 'host.json')))
      .map((folder) => new LanFolder(folder));
  }

  /** @throws GalapagosError, InvalidInput when the file cannot be read */
  get #joinedHost(): JoinedHost | null {
    for (const folder of this.#folders) {
      const host = readJoinedHost(folder);
      if (host !== null) return host;
    }
    return null;
  }

  /** Null: there is none, or its file cannot be read, which joining reports. */
  #remembered(): JoinedHost | null {
    try {
      return this.#joinedHost;
    } catch {
      return null;
    }
  }

  /** Id by which this machine announces a lab that it shares itself; null: it has no key yet. */
  #ownId(): string | null {
    const { userFolder } = this.#parts;
    if (!existsSync(join(userFolder, LAN, 'identity.json'))) return null;
    return hostIdOf(readIdentity(new LanFolder(userFolder)).key);
  }

  #begin(args: readonly string[], joining: Joining): void {
    this.#joining = joining;
    const { program, userFolder } = this.#parts;
    const child: NodeChild = new NodeChild(program, args, userFolder, {
      told: (event) => {
        if (this.#child === child) this.#told(event);
      },
      ended: (error) => {
        if (this.#child !== child) return;
        this.#child = null;
        if (error !== null) this.#failed(error);
        else this.#rest();
      },
    });
    this.#child = child;
    if (this.#limits !== NO_LIMITS) child.order({ order: 'limits', limits: this.#limits });
    this.#changes.notify();
  }

  /** The host drained this machine: looks again later whether it may work. */
  #rest(): void {
    if (this.#joining.phase !== 'joined') return;
    this.#set({ link: { up: false, since: Date.now() }, running: 0 });
    this.#again = setTimeout(() => this.#begin([], this.#joining), AGAIN_MS).unref();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#again);
    const child = this.#child;
    this.#child = null;
    await child?.close();
  }

  #told(event: NodeOutput): void {
    switch (event.event) {
      case 'digits':
        this.#set({
          phase: 'digits',
          host: event.host,
          digits: event.digits.replaceAll(/\D/g, ''),
        });
        break;
      case 'waiting':
        this.#set({ phase: 'waiting' });
        break;
      case 'joined':
        this.#set({
          phase: 'joined',
          host: event.host,
          lab: event.lab,
          digits: null,
          reason: null,
        });
        break;
      case 'connected':
        this.#set({ lab: event.lab, reason: null, link: { up: true, since: Date.now() } });
        break;
      case 'disconnected':
        this.#set({ link: { up: false, since: Date.now() } });
        break;
      case 'refused':
        this.#set({ reason: { reason: 'refused', data: { message: event.detail } } });
        break;
      case 'progress':
        this.#set({ running: event.running });
        break;
      case 'left':
        this.#left(event.reason, event.detail);
        break;
      case 'notAdmitted':
        if (this.#joining.phase === 'failed') break;
        this.#set({ phase: 'failed', digits: null, reason: { reason: event.reason, data: {} } });
        break;
      case 'courtesy':
        this.#limits = event.owner;
        this.#idle = { idleSource: event.idleSource, idleUnknown: event.idleUnknown };
        this.#changes.notify();
        break;
      case 'workers':
      case 'draining':
      case 'note':
        break;
      default:
        event satisfies never;
    }
  }

  #left(reason: Extract<NodeOutput, { event: 'left' }>['reason'], detail: string | null): void {
    if (reason === 'left') return;
    const known = reason === 'refused' ? 'removed' : reason;
    this.#set({
      phase: 'failed',
      reason: { reason: known, data: detail === null ? {} : { message: detail } },
    });
  }

  #failed({ code, message }: { readonly code: string; readonly message: string }): void {
    if (this.#joining.phase === 'failed') return;
    const reason = code === 'not-connected' ? 'unreachable' : code;
    this.#set({ phase: 'failed', link: null, running: 0, reason: { reason, data: { message } } });
  }

  #set(change: Partial<Joining>): void {
    this.#joining = { ...this.#joining, ...change };
    this.#changes.notify();
  }
}

/** The owner's limits as they were set last; a file that cannot be read is reported elsewhere. */
function keptLimits(userFolder: string): NodeLimits {
  try {
    return existsSync(join(userFolder, LAN, COURTESY_FILE))
      ? readCourtesy(new LanFolder(userFolder))
      : NO_LIMITS;
  } catch {
    return NO_LIMITS;
  }
}

function namesOf({ name, lab, addresses }: JoinedHost): Pick<Joining, 'host' | 'lab' | 'address'> {
  return { host: name, lab, address: addresses[0] ?? null };
}
