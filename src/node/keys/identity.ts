/**
 * This machine's key pair, by which hosts know nodes and nodes know hosts. Former secrets are kept
 * for a while after a rotation, for machines that have not heard of the new key.
 */
import { z } from 'zod';
import { strict } from '../../protocol/problems.ts';
import { keyPairOf, newKeyPair } from './key-pair.ts';
import type { KeyPair } from './key-pair.ts';
import type { LanFolder } from './lan-folder.ts';

const FILE = 'identity.json';

const secret = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { error: 'a secret key of 32 bytes in hex; restore it from a backup' });
const instant = z.iso.datetime({ error: 'a UTC time' });
const schema = strict({
  secret,
  created: instant,
  /** Former secrets, newest first. */
  former: z.array(strict({ secret, retired: instant })).default([]),
});

export interface Identity extends KeyPair {
  /** UTC. */
  readonly created: string;
  /** Former pairs that still count, newest first. */
  readonly former: readonly (KeyPair & { readonly retired: string })[];
}

/** Milliseconds for which a former key still counts. */
export const FORMER_KEY_MS = 30 * 24 * 3_600_000;

/**
 * Returns this machine's identity; creates it if there is none.
 * @param now wall time, in milliseconds
 * @throws InvalidInput for a damaged file, which is never replaced: all admissions depend on it
 */
export function readIdentity(folder: LanFolder, now = Date.now()): Identity {
  const stored = folder.read(FILE, schema);
  if (stored !== null) return identityOf(stored, now);
  return folder.exclusively(() => {
    const other = folder.read(FILE, schema);
    if (other !== null) return identityOf(other, now);
    const created = { ...newKeyPair(), created: new Date(now).toISOString(), former: [] };
    store(folder, created);
    return created;
  });
}

/** A key pair that is kept in memory only. */
export function ephemeralIdentity(now = Date.now()): Identity {
  return { ...newKeyPair(), created: new Date(now).toISOString(), former: [] };
}

/**
 * Replaces the key pair; the present one becomes a former one.
 * @returns the new identity, durable
 */
export function rotateIdentity(folder: LanFolder, now = Date.now()): Identity {
  readIdentity(folder, now);
  return folder.exclusively(() => {
    const present = readIdentity(folder, now);
    const at = new Date(now).toISOString();
    const rotated: Identity = {
      ...newKeyPair(),
      created: at,
      former: [{ secret: present.secret, key: present.key, retired: at }, ...present.former],
    };
    store(folder, rotated);
    return rotated;
  });
}

/** Calls back with the identity after another process rotated it. @returns a function to end it */
export function watchIdentity(folder: LanFolder, changed: () => void): () => void {
  return folder.watch(FILE, changed);
}

function identityOf(stored: z.output<typeof schema>, now: number): Identity {
  return {
    ...keyPairOf(Buffer.from(stored.secret, 'hex')),
    created: stored.created,
    former: stored.former
      .filter(({ retired }) => now - Date.parse(retired) < FORMER_KEY_MS)
      .map((former) => ({
        ...keyPairOf(Buffer.from(former.secret, 'hex')),
        retired: former.retired,
      })),
  };
}

function store(folder: LanFolder, { secret: current, created, former }: Identity): void {
  folder.write(FILE, {
    secret: current.toString('hex'),
    created,
    former: former.map((pair) => ({ secret: pair.secret.toString('hex'), retired: pair.retired })),
  });
}
