/**
 * Time from the second confirmation of a pairing until the first task on the joined node: a host
 * with a waiting study and the built `galapagos node`, over loopback. A program compares the digits
 * and confirms on both sides.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { THIS_NODE, parseSlot } from '../src/core/device.ts';
import type { Application } from '../src/endpoints/application.ts';
import { answer } from '../src/endpoints/calls/answer.ts';
import { createEndpoints } from '../src/endpoints/create-endpoints.ts';
import { commands } from '../src/protocol/endpoints.ts';
import { sphere } from '../test/support/open-application.ts';
import { Connection, context } from '../test/support/window-client.ts';
import { RESOURCES } from './bench-lab.ts';
import type { BenchRow } from './row.ts';
import { median } from './statistics.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const program = fileURLToPath(new URL('../out/main/cli.js', import.meta.url));
const PAIRINGS = 5;
const TASK_S = 3;

export async function pairingToTask(): Promise<BenchRow> {
  const seconds: number[] = [];
  for (let i = 0; i < PAIRINGS; i += 1) seconds.push(await inTemporaryFolder(pairing));
  const longest = Math.max(...seconds);
  return {
    bench: 'lab-cost',
    case: 'second confirmation of a pairing to the first task, longest',
    value: longest,
    unit: 's',
    peer: null,
    peerValue: null,
    ratio: null,
    goal: `≤ ${TASK_S}`,
    held: longest <= TASK_S,
    note: `median ${median(seconds).toFixed(2)} s of ${PAIRINGS} pairings`,
  };
}

/** Returns the seconds of one pairing. */
async function pairing(folder: string): Promise<number> {
  const app = await createEndpoints({
    resources: RESOURCES,
    userFolder: join(folder, 'host'),
    lab: join(folder, 'lab.db'),
    workers: 0,
    cards: [],
    host: 'server',
    version: '0',
    checkAfterMs: 0,
  });
  const window = new Connection(app.endpoints);
  let node: ChildProcess | undefined;
  try {
    const [lab, asked] = [window.lab(), window.bodies('lab.admissions')];
    await call(app, 'lab.share', { on: true, port: 0 });
    await call(app, 'startStudy', { study: sphere(100, { durationMs: 500 }), workers: null });
    const address = `127.0.0.1:${app.sharing.port}`;
    node = startNode(address, join(folder, 'node'));
    const digits = await shownDigits(node);
    node.send({ order: 'agree', yes: true });
    await window.until(() => (asked.at(-1)?.admissions.length ?? 0) > 0);
    const admission = asked.at(-1)?.admissions[0];
    if (admission?.digits !== digits)
      throw new Error(`the node shows ${digits}, the host ${String(admission?.digits)}`);
    const confirmed = performance.now();
    await call(app, 'lab.admit', { conversation: admission.conversation, yes: true });
    await window.until(() =>
      [...lab.attempts.values()].some(({ slot }) => parseSlot(slot).node !== THIS_NODE),
    );
    return (performance.now() - confirmed) / 1000;
  } finally {
    node?.kill('SIGKILL');
    window.close();
    await app.close();
  }
}

/** Starts the node as the app does: it takes the confirmation from its parent. */
function startNode(address: string, userFolder: string): ChildProcess {
  return fork(program, ['node', address, '--workers', '1', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    execArgv: [],
    env: { ...process.env, GALAPAGOS_HOME: userFolder },
  });
}

async function shownDigits({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('the node has no output');
  const lines = createInterface({ input: stdout });
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const event = JSON.parse(line) as { readonly event: string; readonly digits?: string };
      if (event.event === 'digits') resolve((event.digits ?? '').replaceAll(/\D/g, ''));
    });
    lines.once('close', () => reject(new Error('the node ended before it showed digits')));
  });
}

async function call(app: Application, name: string, input: unknown): Promise<void> {
  const answered = await answer(commands, app.endpoints.calls, name, input, context);
  if (!answered.ok) throw new Error(`${name}: ${answered.error.code}`);
}
