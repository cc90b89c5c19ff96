/**
 * Preloaded into a node and its workers (`--import`): replaces the value of every result that
 * leaves the process by a wrong one.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { Push } = createRequire(join(process.cwd(), 'package.json'))(process.env.LYING_ZEROMQ);
const send = Push.prototype.send;

Object.defineProperty(Push.prototype, 'send', {
  value(message) {
    return send.call(this, Array.isArray(message) ? message.map(wrong) : wrong(message));
  },
});

function wrong(part) {
  const text = String(part);
  if (!text.includes('"type":"result"')) return part;
  return text.replaceAll(/"value":-?[0-9.e+-]+/g, '"value":1234.5');
}
