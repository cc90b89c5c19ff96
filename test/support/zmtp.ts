/** Bytes of a ZMTP connection, without encryption. */

/** A greeting with a mechanism. */
export function greeting(mechanism: 'NULL' | 'CURVE'): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.write('ff00000000000000017f0300', 'hex');
  bytes.write(mechanism, 12);
  return bytes;
}

/** A frame of one message, with a length of 1 byte, or 8 bytes where it needs them. */
export function frame(content: Buffer): Buffer {
  if (content.length < 256) return Buffer.concat([Buffer.from([0, content.length]), content]);
  const head = Buffer.alloc(9);
  head[0] = 0x02;
  head.writeBigUInt64BE(BigInt(content.length), 1);
  return Buffer.concat([head, content]);
}
