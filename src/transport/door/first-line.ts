/** The first line of a connection, `galapagos/1 <channel>`, which names its channel. */
import type { Socket } from 'node:net';

/** Version of the first line, not of what follows. */
const PROTOCOL_WORD = 'galapagos/1';
/** Greatest length of a first line in bytes, without its end. */
export const FIRST_LINE_BYTES = 80;
/** Channel of pairing conversations. */
export const PAIR_CHANNEL = 'pair';
/** Answer to an unknown channel. */
export const NO_LINE = 'no\n';

const CHANNEL = /^[a-z0-9][a-z0-9/-]{0,63}$/;

export function firstLine(channel: string): string {
  return `${PROTOCOL_WORD} ${channel}\n`;
}

/** Returns the channel that a first line names; null: it is no such line. */
export function channelOf(line: string): string | null {
  const [word, channel = '', ...rest] = line.split(' ');
  if (word !== PROTOCOL_WORD || rest.length > 0 || !CHANNEL.test(channel)) return null;
  return channel;
}

/**
 * Reads the first line of a connection and leaves the bytes behind it unread.
 * @param take called once with the line; null: it is too long
 * @returns a function that stops reading
 */
export function readFirstLine(socket: Socket, take: (line: string | null) => void): () => void {
  let head = Buffer.alloc(0);
  const read = (): void => {
    for (let chunk = take1(socket); chunk !== null; chunk = take1(socket)) {
      const end = chunk.indexOf(0x0a);
      head = Buffer.concat([head, end === -1 ? chunk : chunk.subarray(0, end)]);
      if (head.length > FIRST_LINE_BYTES) {
        done(null);
        return;
      }
      if (end === -1) continue;
      const rest = chunk.subarray(end + 1);
      socket.off('readable', read);
      if (rest.length > 0) socket.unshift(rest);
      done(head.toString('latin1'));
      return;
    }
  };
  const done = (line: string | null): void => {
    socket.off('readable', read);
    take(line);
  };
  socket.on('readable', read);
  return () => socket.off('readable', read);
}

function take1(socket: Socket): Buffer | null {
  return socket.read() as Buffer | null;
}
