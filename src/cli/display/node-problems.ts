/** Words for why a node does not work, or not for a study, for `galapagos nodes`. */
import { versionText } from '../../protocol/node-wire.ts';
import type { NodeRow } from '../../protocol/window/nodes.ts';
import type { NodesOutput } from '../../protocol/cli-output-lab.ts';
import { count } from './format.ts';
import { OTHER_RELEASE, nodeState } from './node-state.ts';

type Node = NodesOutput['nodes'][number];

/**
 * Sentences without a full stop; none: nothing keeps it from work.
 * @param now milliseconds since 1970
 */
export function nodeProblems(node: Node, now: number): readonly string[] {
  const { name, release, refusals, datasets } = node;
  const { more } = nodeState(node, now);
  const lacking = datasets.filter(({ state }) => state === 'paused' || state === 'failed');
  return [
    ...(more === null ? [] : [more]),
    ...refusals
      .filter((refusal) => !lacking.some((each) => each.name === refusal.data['dataset']))
      .map((refusal) => refusalText(name, release, refusal)),
    ...lacking.map((each) => lacksText(each.name, each.error)),
  ];
}

function refusalText(
  name: string,
  release: string | null,
  { reason, data }: NodeRow['refusals'][number],
): string {
  switch (reason) {
    case 'version':
      return versionText(name, rangeOf(data['node']), rangeOf(data['lab']));
    case 'arithmetic':
      return release === null
        ? 'its release computes differently'
        : `release ${release} computes differently`;
    case 'model':
      return 'its devices are of another model than the study’s';
    case 'lacks':
      return lacksText(String(data['dataset']), stringOf(data['error']));
    case 'badMessages':
      return `paused: ${stringOf(data['text']) ?? 'it sent invalid messages'}`;
    case 'pausedByHost':
      return `paused: ${stringOf(data['text']) ?? ''}; resume tries it again`;
    case 'mismatches':
      return stringOf(data['text']) ?? reason;
    case OTHER_RELEASE:
      return 'the program that shares the lab is of another release, whose word for the state this one does not know';
    case 'quarantined':
      return quarantineText(data);
    default:
      return reason;
  }
}

function quarantineText(data: Readonly<Record<string, unknown>>): string {
  const trials = Number(data['trials'] ?? 0);
  const what = trials === 0 ? 'trials' : count(trials, 'trial');
  const why = stringOf(data['detail']);
  return `failed ${what} that succeeded elsewhere${why === null ? '' : `: ${why}`}`;
}

/** Says what a node has not, and why. */
export function lacksText(dataset: string, why: string | null): string {
  return why === null ? `lacks ${dataset}` : `lacks ${dataset}: ${why}`;
}

function stringOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function rangeOf(value: unknown): { readonly low: number; readonly high: number } {
  const { low, high } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return { low: Number(low ?? 0), high: Number(high ?? 0) };
}
