/**
 * Carries out `galapagos nodes`. Changes the files of this machine, which a process that shares a
 * lab applies within a second, and reads the status that this process writes.
 */
import { slotNameOnNode } from '../../core/device.ts';
import { withEscapes } from '../../core/hidden-characters.ts';
import { GalapagosError } from '../../core/errors.ts';
import { readStatus } from '../../node/keys/status.ts';
import type { ReadNodeStatus } from '../../node/keys/status.ts';
import { DRAIN_MS, NodeWishes, PAUSE_MS } from '../../node/keys/wishes.ts';
import type { NodeWish } from '../../node/keys/wishes.ts';
import { AdmittedNodes } from '../../node/keys/admitted.ts';
import type { AdmittedNode } from '../../node/keys/admitted.ts';
import type { LanFolder } from '../../node/keys/lan-folder.ts';
import type { NodesOutput } from '../../protocol/cli-output-lab.ts';
import { packageDifferencesText } from '../../studies/script/compare-packages.ts';
import { nodeProblems } from '../display/node-problems.ts';
import { OTHER_RELEASE, limitsText, nodeState, transferText } from '../display/node-state.ts';
import { table } from '../display/table.ts';
import { print, printJson, widthOf } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { lanFolder } from './lan-folder.ts';

interface Json {
  readonly json?: boolean;
}

type Row = NodesOutput['nodes'][number];

export function listNodes(context: Context, { json = false }: Json): void {
  const folder = lanFolder(context);
  const rows = new AdmittedNodes(folder).list().map((node) => rowOf(node, folder));
  printRows(context, rows, json);
}

export function showNode(context: Context, named: string, { json = false }: Json): void {
  const folder = lanFolder(context);
  const row = rowOf(found(new AdmittedNodes(folder), named), folder);
  if (json) printRows(context, [row], json);
  else
    print(context, [
      `${row.name} (${row.id})`,
      ...linesOf(row).map(([title, value]) => `${title.padEnd(10)} ${value}`),
    ]);
}

export function renameNode(
  context: Context,
  named: string,
  name: string,
  { json = false }: Json,
): void {
  const folder = lanFolder(context);
  const admitted = new AdmittedNodes(folder);
  const { id, name: before } = found(admitted, named);
  const renamed = admitted.rename(id, name);
  if (json) printRows(context, [rowOf(renamed, folder)], json);
  else print(context, [`renamed ${before} to ${renamed.name}`]);
}

const WISHES: Readonly<
  Record<'drain' | 'drainNow' | 'pause' | 'resume', Pick<NodeWish, 'mode' | 'graceMs'>>
> = {
  drain: { mode: 'draining', graceMs: DRAIN_MS },
  drainNow: { mode: 'draining', graceMs: 0 },
  pause: { mode: 'paused', graceMs: PAUSE_MS },
  resume: { mode: 'open', graceMs: 0 },
};
const DONE = {
  drain: 'finishes its running trials and takes no more',
  drainNow: 'takes no more trials; its running ones run elsewhere',
  pause: 'is paused; running trials have 5 s to finish',
  resume: 'takes trials again',
} as const;

export function wish(
  context: Context,
  named: string,
  what: keyof typeof WISHES,
  { json = false }: Json,
): void {
  const folder = lanFolder(context);
  const node = found(new AdmittedNodes(folder), named);
  new NodeWishes(folder).set(node.id, WISHES[what]);
  if (json) printRows(context, [rowOf(node, folder)], json);
  else print(context, [`${node.name} ${DONE[what]}`]);
}

export function removeNode(context: Context, named: string, { json = false }: Json): void {
  const admitted = new AdmittedNodes(lanFolder(context));
  const { id, name } = found(admitted, named);
  admitted.remove(id);
  if (json) printJson(context, { removed: id });
  else print(context, [`removed ${name}: its key no longer counts`]);
}

/** @throws GalapagosError `unknown-node` */
function found(admitted: AdmittedNodes, named: string): AdmittedNode {
  const node = admitted.named(named);
  if (node !== undefined) return node;
  const names = admitted.list().map(({ name }) => name);
  throw new GalapagosError(
    'unknown-node',
    names.length === 0
      ? `no machine is admitted to the lab of this one, so there is no ${JSON.stringify(named)}; galapagos invite makes an invitation`
      : `no node ${JSON.stringify(named)}: expected one of ${names.join(', ')}`,
    { found: named },
  );
}

function rowOf(admitted: AdmittedNode, folder: LanFolder): Row {
  const { id, name, by, lastSeen, ephemeral } = admitted;
  const status = readStatus(folder)?.find(({ node }) => node === id) ?? null;
  const wanted = new NodeWishes(folder).of(id);
  return {
    id,
    name,
    admitted: admitted.admitted,
    by,
    ephemeral,
    lastSeen,
    wished: wanted.mode,
    ...shown(status, wanted),
  };
}

function shown(
  status: ReadNodeStatus | null,
  { reason }: NodeWish,
): Omit<Row, keyof AdmittedNode | 'wished'> {
  return {
    presence: status?.presence ?? null,
    since: instantOf(status?.since),
    mode: status?.mode ?? null,
    modeBy: status?.by ?? null,
    left: status?.left ?? null,
    release: status?.release ?? null,
    system: status?.system ?? null,
    slots: [...(status?.slots ?? [])],
    busy: status?.busy ?? null,
    running: status?.running ?? null,
    waiting: status?.waiting ?? null,
    held: status?.held ?? null,
    hoursFrom: instantOf(status?.hoursFrom),
    limits: status?.limits ?? null,
    rttMs: status?.rttMs ?? null,
    offsetMs: status?.offsetMs ?? null,
    datasets: [...(status?.datasets ?? [])],
    refusals:
      status === null
        ? [...pausedByHost(reason)]
        : [
            ...(status.presence === null ? [{ reason: OTHER_RELEASE, data: {} }] : []),
            ...status.refusals,
          ],
    packages: [...(status?.packages ?? [])],
  };
}

/** @param ms since 1970 @returns UTC in ISO 8601 */
function instantOf(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : new Date(ms).toISOString();
}

/** Without a host that runs, the wish alone says why a node is paused. */
function pausedByHost(text: string | undefined): Row['refusals'] {
  return text === undefined ? [] : [{ reason: 'pausedByHost', data: { text } }];
}

function printRows(context: Context, rows: readonly Row[], json: boolean): void {
  if (json) {
    printJson(context, { nodes: [...rows] } satisfies NodesOutput);
    return;
  }
  if (rows.length === 0) {
    print(context, [
      'No machine is admitted to the lab of this one. galapagos invite makes an invitation.',
    ]);
    return;
  }
  const head = ['name', 'state', 'workers', 'trials', 'last seen (UTC)'].map((title) => ({
    title,
    align: 'left' as const,
  }));
  const cells = rows.map((row) => [
    row.name,
    nodeState(row, Date.now()).words,
    row.slots.length === 0 ? '–' : String(row.slots.length),
    row.running === null ? '–' : String(row.running),
    lastSeenOf(row),
  ]);
  const problems = rows.flatMap((row) =>
    nodeProblems(row, Date.now()).map((problem) => `${row.name}: ${problem}`),
  );
  const below = problems.length === 0 ? [] : ['', ...problems];
  print(context, [...table(head, cells, widthOf(context)), ...below]);
}

function lastSeenOf({ presence, lastSeen }: Row): string {
  if (presence === 'present') return 'now';
  return lastSeen === null ? 'never' : minuteOf(lastSeen);
}

/** @param time in ISO 8601 */
function minuteOf(time: string): string {
  return time.slice(0, 'YYYY-MM-DDTHH:MM'.length).replace('T', ' ');
}

function linesOf(row: Row): readonly (readonly [string, string])[] {
  const { system, release, slots, running, rttMs, offsetMs, datasets } = row;
  const ms = (value: number | null): string => (value === null ? '–' : `${value.toFixed(1)} ms`);
  return [
    ['state', nodeState(row, Date.now()).words],
    ['system', system ?? '–'],
    ['release', release ?? '–'],
    ['workers', slots.length === 0 ? '–' : slots.map((slot) => slotNameOnNode(slot)).join(', ')],
    ['trials', running === null ? '–' : String(running)],
    ['round trip', ms(rttMs)],
    ['clock', offsetMs === null ? '–' : `${(offsetMs / 1000).toFixed(3)} s ahead of this machine`],
    ['admitted', `${minuteOf(row.admitted)} UTC, by ${row.by}`],
    [
      'last seen',
      `${lastSeenOf(row)}${row.presence === 'present' || row.lastSeen === null ? '' : ' UTC'}`,
    ],
    ['limits', row.limits === null ? '–' : limitsText(row.limits)],
    ...datasets.map((dataset) => ['dataset', transferText(dataset)] as const),
    ...row.packages.map(({ study, differences }) => {
      const said = packageDifferencesText(differences) ?? '';
      return ['packages', `other ones for ${withEscapes(study)}: ${withEscapes(said)}`] as const;
    }),
    ...nodeProblems(row, Date.now()).map((problem) => ['problem', problem] as const),
  ];
}
