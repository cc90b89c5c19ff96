/**
 * Attacks on a shared lab: round trips of an honest node, and the host's memory, while strangers
 * and an admitted node misbehave. Host, honest node and attacker are processes of their own.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { newKeys } from '../test/support/shared-lab.ts';
import type { Attack, Honest, HostSample, ToProcess } from './lab-adversarial-process.ts';
import type { BenchRow } from './row.ts';

const HONEST = 'nhhhhhhhhhh';
/** Node whose channels strangers attack. */
const BAD = 'nbbbbbbbbbb';
const MESSAGES = 10_000;
/** Round trips of one sample of quiet. */
const QUIET_MS = 5_000;
/** Milliseconds above quiet that the median and p99 may reach, and MiB of the host's memory. */
const P50_MS = 5;
const P99_MS = 50;
const MEMORY_MIB = 192;

const attacks: readonly [name: string, attack: Attack][] = [
  ['240 idle connections', { kind: 'idle', count: 240 }],
  ['64 slow handshakes', { kind: 'slow', count: 64 }],
  ...(['control', 'results', 'data', 'tasks/1'] as const).map((channel): [string, Attack] => [
    `stranger: ${MESSAGES} spoiled handshakes on ${channel}`,
    { kind: 'handshakes', channel: `${BAD}/${channel}`, count: MESSAGES },
  ]),
  [
    `stranger: ${MESSAGES} pairing conversations of any bytes`,
    { kind: 'handshakes', channel: 'pair', count: MESSAGES },
  ],
  ...(['control', 'results', 'data'] as const).map((channel): [string, Attack] => [
    `admitted: ${MESSAGES} spoiled messages on ${channel}`,
    { kind: 'messages', channel, count: MESSAGES },
  ]),
  ['admitted: 20 frames of 20 MiB', { kind: 'long', count: 20 }],
  ['admitted: a message of 50,000 × 4 KiB', { kind: 'frames', count: 50_000, bytes: 4_096 }],
  ['admitted: a message of 1,500,000 × 1 B', { kind: 'frames', count: 1_500_000, bytes: 1 }],
  ['admitted: a message of 2,000,000 × 1 B', { kind: 'frames', count: 2_000_000, bytes: 1 }],
];

export async function run(): Promise<BenchRow[]> {
  const keys = { host: newKeys(), honest: newKeys(), bad: newKeys(), stranger: newKeys() };
  const children: ChildProcess[] = [];
  const start = (role: string): ChildProcess => {
    const child = fork(
      fileURLToPath(new URL('lab-adversarial-process.ts', import.meta.url)),
      [role],
      {
        execArgv: ['--import', 'tsx'],
        serialization: 'advanced',
      },
    );
    children.push(child);
    return child;
  };
  try {
    const host = start('host');
    const nodes = [
      { node: HONEST, publicKeys: [keys.honest.publicKey] },
      ...[BAD, ...attacks.map((_, i) => attackerOf(i))].map((node) => ({
        node,
        publicKeys: [keys.bad.publicKey],
      })),
    ];
    const port = (await ask(host, { do: 'share', keys: keys.host, nodes })) as number;
    const honest = start('node');
    const target = { port, hostKey: keys.host.publicKey };
    await ask(honest, { do: 'join', ...target, node: HONEST, keys: keys.honest });
    const attacker = start('attacker');
    const measured = async (work: () => Promise<unknown>): Promise<[Honest, HostSample]> => {
      await ask(honest, { do: 'begin' });
      await ask(host, { do: 'begin' });
      await work();
      return [
        (await ask(honest, { do: 'end' })) as Honest,
        (await ask(host, { do: 'end' })) as HostSample,
      ];
    };
    const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    await measured(() => pause(QUIET_MS));
    const quiet = await measured(() => pause(QUIET_MS));
    const rows = [row('quiet', quiet, quiet)];
    for (const [i, [name, attack]] of attacks.entries()) {
      const isStranger = attack.kind === 'handshakes' || attack.kind === 'idle';
      const by = isStranger
        ? { node: BAD, keys: keys.stranger }
        : { node: attackerOf(i), keys: keys.bad };
      const found = await measured(() =>
        ask(attacker, { do: 'attack', attack, target: { ...target, ...by } }),
      );
      rows.push(row(name, found, quiet));
      // The attacker's last connections end.
      await pause(3_000);
    }
    return rows;
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

/**
 * The admitted node that carries out an attack; one whose links ended often is refused for a while.
 */
function attackerOf(attack: number): string {
  return `nattacker${attack}`;
}

function ask(child: ChildProcess, message: ToProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const exited = (code: number | null): void => reject(new Error(`a process ended: ${code}`));
    child.once('exit', exited);
    child.once('message', (answer) => {
      child.off('exit', exited);
      resolve(answer);
    });
    child.send(message);
  });
}

function row(name: string, found: [Honest, HostSample], quiet: [Honest, HostSample]): BenchRow {
  const [{ p50, p99, longest, count, links }, { peakMiB, startMiB, endMiB, reports }] = found;
  const [{ p50: quiet50, p99: quiet99 }] = quiet;
  const inTime = p50 - quiet50 <= P50_MS && p99 - quiet99 <= P99_MS;
  return {
    bench: 'lab-adversarial',
    case: name,
    value: p99,
    unit: 'ms, p99 of a round trip',
    peer: null,
    peerValue: null,
    ratio: null,
    goal: `p50 + ${P50_MS} ms, p99 + ${P99_MS} ms, ${MEMORY_MIB} MiB at most, no new link`,
    held: inTime && peakMiB - startMiB <= MEMORY_MIB && links === 1,
    note: `p50 ${p50.toFixed(2)} ms, longest ${longest.toFixed(0)} ms of ${count}; memory ${signed(peakMiB - startMiB)} MiB at most, ${signed(endMiB - startMiB)} afterwards; links ${links}; reports ${reports}`,
  };
}

function signed(mebibytes: number): string {
  return `${mebibytes < 0 ? '−' : '+'}${Math.abs(mebibytes).toFixed(0)}`;
}
