/** Passes the bytes of two TCP connections to each other. */
import { Socket } from 'node:net';
import type { NetConnectOpts } from 'node:net';

/** Options of every TCP connection that carries a socket's bytes. */
export const wide = { noDelay: true, highWaterMark: 256 * 1024 } as const;

/** Milliseconds between keep-alive probes of a silent connection. */
export const KEEP_ALIVE_MS = 5_000;

/** Milliseconds in which the last bytes of an ended connection must be passed on. */
const LAST_BYTES_MS = 2_000;

/** Starts a connection. */
export function dial(to: NetConnectOpts): Socket {
  const socket = new Socket({ allowHalfOpen: false, ...wide });
  socket.setNoDelay(true);
  return socket.connect(to);
}

/**
 * Passes bytes both ways until either connection ends; the other one then ends after the bytes that
 * were already received.
 * @param ended called once, when both are over
 * @returns a function that ends both at once
 */
export function splice(a: Socket, b: Socket, ended: () => void): () => void {
  let isOver = false;
  let late: NodeJS.Timeout | null = null;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    if (late !== null) clearTimeout(late);
    a.destroy();
    b.destroy();
    ended();
  };
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on('error', end);
    from.on('end', () => (late ??= setTimeout(end, LAST_BYTES_MS).unref()));
    from.on('close', () => {
      if (!from.readableEnded || to.destroyed) end();
    });
    from.pipe(to);
  }
  return end;
}
