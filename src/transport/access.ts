/**
 * Access control of every encrypted socket of this process, by ZAP: a domain names the keys that
 * may connect. Sockets of this machine's workers have the domain `local`, where any key may: the
 * run's token is their secret.
 */
import { Reply } from 'zeromq';

/** Domain of the sockets for this machine's own workers. */
export const LOCAL_DOMAIN = 'local';
/** Domain of a node's socket for other nodes. */
export const PEERS_DOMAIN = 'peers';

/** Address of the handler, given by ZAP. Once it is bound, every CURVE server asks it. */
const HANDLER = 'inproc://zeromq.zap.01';

/** Milliseconds between two tries to bind the handler, and the most tries. */
const RETRY_MS = 5;
const MOST_TRIES = 2_000;

/** The lists of this process that are in use; the handler lives while there is one. */
const lists = new Set<Access>();
let handler: Promise<Reply> | null = null;

export class Access {
  readonly #keys = new Map<string, Set<string>>();

  private constructor() {
    lists.add(this);
  }

  /** Opens a list of admitted keys, and the process's handler with the first one. */
  static async open(): Promise<Access> {
    const access = new Access();
    try {
      await (handler ??= bindHandler());
    } catch (error) {
      lists.delete(access);
      handler = null;
      throw error;
    }
    return access;
  }

  /** @param publicKey 32 bytes in hex */
  admit(domain: string, publicKey: string): void {
    const keys = this.#keys.get(domain);
    if (keys === undefined) this.#keys.set(domain, new Set([publicKey]));
    else keys.add(publicKey);
  }

  /** Removes one key of a domain, or all. Established connections stay. */
  remove(domain: string, publicKey?: string): void {
    if (publicKey === undefined) this.#keys.delete(domain);
    else this.#keys.get(domain)?.delete(publicKey);
  }

  admits(domain: string, publicKey: string): boolean {
    return this.#keys.get(domain)?.has(publicKey) ?? false;
  }

  /**
   * Admits no further connection; the last list of the process closes the handler. Close it after
   * the sockets of this machine's workers: a worker that connects meanwhile would wait for an
   * answer.
   */
  async close(): Promise<void> {
    this.#keys.clear();
    lists.delete(this);
    if (lists.size > 0 || handler === null) return;
    const closing = handler;
    handler = null;
    (await closing).close();
  }
}

/**
 * Binds the handler. The library frees the address of a closed socket some time later, and aborts
 * the process (4.3.5) when a handler is unbound before it is closed.
 */
async function bindHandler(): Promise<Reply> {
  const socket = new Reply({ linger: 0 });
  for (let tries = 1; ; tries++) {
    try {
      await socket.bind(HANDLER);
      break;
    } catch (error) {
      if (!isAddressInUse(error) || tries === MOST_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  void answer(socket);
  return socket;
}

function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

async function answer(socket: Reply): Promise<void> {
  for await (const [version = '', request = '', domain, , , mechanism, key] of socket) {
    const isAdmitted =
      mechanism?.toString() === 'CURVE' && key !== undefined && admits(String(domain), key);
    const status = isAdmitted ? ['200', 'OK'] : ['400', 'not admitted'];
    try {
      await socket.send([version, request, ...status, '', '']);
    } catch (error) {
      if (!socket.closed) throw error;
    }
  }
}

function admits(domain: string, key: Buffer): boolean {
  if (domain === LOCAL_DOMAIN) return true;
  const publicKey = key.toString('hex');
  return [...lists].some((list) => list.admits(domain, publicKey));
}
