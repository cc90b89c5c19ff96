/**
 * Invitations of this host, in `invitations.json`. Commands and the host change them; a use is
 * durable before the machine that used it is admitted.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { INVITATION_SECRET_BYTES } from '../../protocol/invitation.ts';
import { publicKey } from '../../protocol/node-messages.ts';
import { integer, strict } from '../../protocol/problems.ts';
import type { LanFolder } from '../keys/lan-folder.ts';
import { invitationId } from './transcript.ts';

const FILE = 'invitations.json';

const HOUR_MS = 3_600_000;
export const INVITATION_LIMITS = {
  uses: { least: 1, most: 1000, usual: 1 },
  ms: { least: 10 * 60_000, most: 7 * 24 * HOUR_MS, usual: HOUR_MS },
} as const;

/** Milliseconds after which an ended invitation is no longer listed. */
const LISTED_MS = 7 * 24 * HOUR_MS;

const instant = z.iso.datetime({ error: 'a UTC time' });
const invitation = strict({
  id: z.string().regex(/^[0-9a-f]{16}$/, { error: 'the id of an invitation' }),
  secret: z.string().regex(/^[0-9a-f]{32}$/, { error: '16 bytes in hex' }),
  created: instant,
  expires: instant,
  /** Number of machines that it admits in all. */
  uses: integer(1),
  ephemeral: z.boolean(),
  /** Keys of the machines that used it. */
  usedBy: z.array(publicKey),
  revoked: instant.nullable(),
});
export type KeptInvitation = Readonly<z.output<typeof invitation>>;

const schema = strict({ invitations: z.array(invitation) });

export type InvitationState = 'open' | 'used' | 'expired' | 'revoked';

/** Reason why an invitation was refused; told to the host's log only. */
export type InvitationFault = 'unknown' | Exclude<InvitationState, 'open'>;

export class Invitations {
  readonly #folder: LanFolder;
  readonly #now: () => number;

  /** @param now wall time, in milliseconds */
  constructor(folder: LanFolder, now: () => number = Date.now) {
    this.#folder = folder;
    this.#now = now;
  }

  list(): readonly KeptInvitation[] {
    return this.#folder.read(FILE, schema)?.invitations ?? [];
  }

  stateOf({ revoked, expires, uses, usedBy }: KeptInvitation): InvitationState {
    if (revoked !== null) return 'revoked';
    if (this.#now() >= Date.parse(expires)) return 'expired';
    return usedBy.length >= uses ? 'used' : 'open';
  }

  /** @returns the invitation, once it is durable */
  issue(options: { uses: number; ms: number; ephemeral: boolean }): KeptInvitation {
    const secret = randomBytes(INVITATION_SECRET_BYTES);
    const now = this.#now();
    const issued: KeptInvitation = {
      id: invitationId(secret),
      secret: secret.toString('hex'),
      created: new Date(now).toISOString(),
      expires: new Date(now + options.ms).toISOString(),
      uses: options.uses,
      ephemeral: options.ephemeral,
      usedBy: [],
      revoked: null,
    };
    this.#change((kept) => [...kept, issued]);
    return issued;
  }

  /** @returns the revoked invitation, once that is durable; undefined: there is none open */
  revoke(id: string): KeptInvitation | undefined {
    let revoked: KeptInvitation | undefined;
    this.#change((kept) =>
      kept.map((known) => {
        if (known.id !== id || this.stateOf(known) !== 'open') return known;
        return (revoked = { ...known, revoked: new Date(this.#now()).toISOString() });
      }),
    );
    return revoked;
  }

  /**
   * Returns the invitation that a machine may use: an open one, or one that the same machine used
   * before within its time. Otherwise returns the reason.
   */
  usable(id: string, key: string): KeptInvitation | InvitationFault {
    return this.#usable(this.list(), id, key);
  }

  /**
   * Writes off one use, unless the same machine used it before.
   * @returns null once the use is durable, or the reason why it may not be used (any more)
   */
  use(id: string, key: string): InvitationFault | null {
    let fault: InvitationFault | null = null;
    this.#change((kept) => {
      const found = this.#usable(kept, id, key);
      if (typeof found === 'string') {
        fault = found;
        return kept;
      }
      if (found.usedBy.includes(key)) return kept;
      return kept.map((known) =>
        known === found ? { ...known, usedBy: [...known.usedBy, key] } : known,
      );
    });
    return fault;
  }

  #usable(
    kept: readonly KeptInvitation[],
    id: string,
    key: string,
  ): KeptInvitation | InvitationFault {
    const found = kept.find((known) => known.id === id);
    if (found === undefined) return 'unknown';
    const state = this.stateOf(found);
    return state === 'open' || (state === 'used' && found.usedBy.includes(key)) ? found : state;
  }

  #change(change: (kept: readonly KeptInvitation[]) => readonly KeptInvitation[]): void {
    this.#folder.exclusively(() => {
      const kept = this.list();
      const next = change(kept);
      if (next === kept) return;
      const listed = next.filter(({ expires }) => this.#now() < Date.parse(expires) + LISTED_MS);
      this.#folder.write(FILE, { invitations: listed });
    });
  }
}
