/** Options of the sockets between a host and a node, and the names of their channels. */
import { MAX_DATA_BYTES } from '../../protocol/data-messages.ts';
import { MAX_MESSAGE_BYTES } from '../../protocol/worker-messages.ts';
import { curveKey } from '../keys.ts';
import type { KeyPair } from '../keys.ts';
import { neverStopsReading } from '../sockets.ts';

const ENVELOPE_BYTES = 1024;
/**
 * Most messages of a data channel that wait for one reader. Readers have fewer requests under way;
 * those who ask and do not read would otherwise fill the memory.
 */
export const MOST_UNSENT = 16;

/** Milliseconds after which a connection without a complete handshake ends. */
const HANDSHAKE_MS = 2_000;
/** As `HANDSHAKE_MS`, where reaching the host takes part of the time. */
const DIAL_AND_HANDSHAKE_MS = 10_000;

/** Routing id of a node on its own sockets at the host. */
export const NODE_ROUTING_ID = 'n';

const always = {
  ...neverStopsReading,
  linger: 0,
  maxMessageSize: MAX_MESSAGE_BYTES + ENVELOPE_BYTES,
} as const;

/**
 * Options by channel of a socket that binds, but for keys. It sends no heartbeats: `socketOptions`.
 */
export const channelOptions = {
  control: always,
  tasks: always,
  results: always,
  data: { ...always, maxMessageSize: MAX_DATA_BYTES },
} as const;

/** A node's link has one channel that notices silence early; the others only clean up. */
const early = {
  heartbeatInterval: 1_000,
  heartbeatTimeout: 2_000,
  heartbeatTimeToLive: 3_000,
} as const;
const late = {
  heartbeatInterval: 15_000,
  heartbeatTimeout: 15_000,
  // The other end counts from a heartbeat that it has read: the next one arrives no sooner.
  heartbeatTimeToLive: 45_000,
} as const;

/** Options by channel of a socket that connects, but for keys. */
export const connectingChannels = {
  control: { ...channelOptions.control, ...early },
  tasks: { ...channelOptions.tasks, ...late },
  results: { ...channelOptions.results, ...late },
  data: { ...channelOptions.data, ...late },
} as const;

/** Options of a bound socket that only the keys of a domain may connect to. */
export function boundOptions(secretKey: string, domain: string) {
  return {
    curveServer: true,
    curveSecretKey: curveKey(secretKey),
    zapDomain: domain,
    zapEnforceDomain: true,
    handshakeInterval: HANDSHAKE_MS,
  } as const;
}

/** Options of a socket that connects to one with `serverKey`. */
export function connectingOptions(keys: KeyPair, serverKey: string) {
  return {
    curveServerKey: curveKey(serverKey),
    curvePublicKey: curveKey(keys.publicKey),
    curveSecretKey: curveKey(keys.secretKey),
    handshakeInterval: DIAL_AND_HANDSHAKE_MS,
    reconnectInterval: 50,
    reconnectMaxInterval: 500,
  } as const;
}

export const channelNames = {
  control: (node: string) => `${node}/control`,
  tasks: (node: string, link: number) => `${node}/tasks/${link}`,
  results: (node: string) => `${node}/results`,
  data: (node: string) => `${node}/data`,
} as const;

/** Returns the port of a bound socket. */
export function portOf({ lastEndpoint }: { readonly lastEndpoint: string | null }): number {
  return Number(lastEndpoint?.split(':').at(-1));
}
