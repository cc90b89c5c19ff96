/**
 * Access control of every encrypted socket of this process, by ZAP: a domain names the keys that
 * may connect. Sockets of this machine's workers have the domain `local`, where any key may: the
 * run's token is their secret.
 */

/** Domain of the sockets for this machine's own workers. */
export const LOCAL_DOMAIN = 'local';
/** Domain of a node's socket for other nodes. */
export const PEERS_DOMAIN = 'peers';

export interface Access {
  /** @param publicKey 32 bytes in hex */
  admit(domain: string, publicKey: string): void;
  /** Removes one key of a domain, or all. Established connections stay. */
  remove(domain: string, publicKey?: string): void;
  close(): Promise<void>;
}
