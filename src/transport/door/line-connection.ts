/**
 * A conversation of text lines with another machine, on the door's channel `pair`. The connection
 * is neither encrypted nor authenticated: what passes over it must be safe to show to anyone.
 */

/** Greatest length of a line in bytes, without its end. */
export const MAX_PAIR_LINE_BYTES = 1024;

export interface LineConnection {
  /** IP address of the other side, without port. */
  readonly address: string;
  /** Sends one line; dropped once the connection has ended. */
  send(line: string): void;
  /** Ends the connection after what was sent. */
  end(): void;
  /**
   * Called with each line, in order. Lines that arrive earlier wait for this call. A line over
   * `MAX_PAIR_LINE_BYTES` ends the connection.
   */
  onLine(take: (line: string) => void): void;
  /** Called once when either side has ended the connection, or it broke. */
  onEnd(ended: () => void): void;
}
