/** A connection of lines, through which two machines converse before one is admitted. */

export interface LineConnection {
  /** IP address of the other side, without port. */
  readonly address: string;
  /** Sends one line; dropped once the connection has ended. */
  send(line: string): void;
  /** Ends the connection after what was sent. */
  end(): void;
  /** Called with each line, in order. Lines that arrive earlier wait for this call. */
  onLine(take: (line: string) => void): void;
  /** Called once when either side has ended the connection, or it broke. */
  onEnd(ended: () => void): void;
}
