/**
 * A ROUTER socket whose peer connects again while messages wait for its earlier connection, which
 * then sends and fails. argv[2]: `local`, `control` or `data`, the options of the socket. The
 * process prints `alive` and ends, unless the library aborts it.
 */
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Dealer, Router } from 'zeromq';
import { channelOptions, NODE_ROUTING_ID, portOf } from '../../src/transport/nodes/link-sockets.ts';
import { socketOptions } from '../../src/transport/sockets.ts';
import { connectTo, listenTcp } from './tcp.ts';

/** More than a connection of loopback holds that is not read. */
const PIECES = 400;
const PIECE_BYTES = 100_000;
/** Heartbeats that are given time to fall due. */
const HEARTBEATS = 2;

const which = process.argv[2] ?? 'local';
const given: { readonly heartbeatInterval?: number } & typeof socketOptions =
  which === 'local' ? socketOptions : channelOptions[which === 'data' ? 'data' : 'control'];

const router = new Router({ ...given, mandatory: true, handover: true, sendTimeout: 0 });
router.sendHighWaterMark = 2 * PIECES;
await router.bind('tcp://127.0.0.1:*');
const peer = { routingId: NODE_ROUTING_ID, linger: 0 };

/** Passes bytes on, those of the router only until it is paused. */
const proxy = await listenTcp((end) => {
  const behind = connectTo(portOf(router));
  end.socket.on('data', (chunk) => behind.write(chunk));
  behind.socket.on('data', (chunk: Buffer) => end.write(chunk));
  behinds.push(behind.socket);
});
const behinds: ReturnType<typeof connectTo>['socket'][] = [];

const first = new Dealer(peer);
first.connect(`tcp://127.0.0.1:${proxy.port}`);
await first.send('first');
await router.receive();
const [behind] = behinds;
behind?.pause();
for (let i = 0; i < PIECES; i++)
  await router.send([NODE_ROUTING_ID, Buffer.alloc(PIECE_BYTES)]).catch(() => undefined);

const second = new Dealer(peer);
second.connect(`tcp://127.0.0.1:${portOf(router)}`);
await second.send('second');
for (;;) if ((await router.receive())[1]?.toString() === 'second') break;
await first.send('late');
// The message has left this process once the proxy has read it.
while (proxy.ends[0]?.received.includes('late') !== true) await wait(5);
behind?.resetAndDestroy();
if (behind?.closed === false) await once(behind, 'close');
await wait(HEARTBEATS * (given.heartbeatInterval ?? 250));

await second.send('again');
for (;;) if ((await router.receive())[1]?.toString() === 'again') break;
process.stdout.write('alive\n');
process.exit();
