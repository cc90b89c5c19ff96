/**
 * Reasons why a node does not work, or not for a study that runs: its protocol, its messages, the
 * arithmetic of its release, its GPU model, and datasets that this host cannot send. Codes and
 * facts only; the window and the command line have the wording.
 */
import type { LabState } from '../core/scheduling/index.ts';
import { lacking } from '../core/scheduling/serving.ts';
import { NODE_PROTOCOL } from '../protocol/node-messages.ts';
import type { NodeRow } from '../protocol/window/nodes.ts';
import type { VersionRange } from '../protocol/worker-messages.ts';
import { mismatchesText } from './mismatches.ts';
import type { RemoteNode } from './remote-host.ts';

/** A dataset that this host cannot send to nodes. */
export interface UnsentDataset {
  readonly name: string;
  readonly reason: string;
}

export interface RefusalFacts {
  /** Null: it has not joined since the lab was opened. */
  readonly remote: Pick<RemoteNode, 'trouble' | 'hello'> | null;
  /** Versions that it speaks, none of which this host speaks; null: they agree, or are unknown. */
  readonly version: VersionRange | null;
  readonly lab: LabState;
  /** By content. */
  readonly unsent: ReadonlyMap<string, UnsentDataset>;
  /** Reason why this host paused it by itself; null: it did not. */
  readonly paused: string | null;
}

type Refusal = NodeRow['refusals'][number];

export function refusalsOf(
  id: string,
  { remote, version, lab, unsent, paused }: RefusalFacts,
): readonly Refusal[] {
  const refusals: Refusal[] = [];
  if (version !== null)
    refusals.push({ reason: 'version', data: { node: { ...version }, lab: { ...NODE_PROTOCOL } } });
  const trouble = remote?.trouble ?? null;
  if (trouble !== null) refusals.push({ reason: 'badMessages', data: { text: trouble } });
  else if (paused !== null) refusals.push({ reason: 'pausedByHost', data: { text: paused } });
  const lacks = lacksOf(id, lab);
  if (lacks.has('arithmetic'))
    refusals.push({ reason: 'arithmetic', data: { release: remote?.hello.release ?? null } });
  if (lacks.has('model')) refusals.push({ reason: 'model', data: {} });
  const node = lab.nodes.get(id);
  const mismatches = lab.mismatches.get(id) ?? [];
  if (paused === null && mismatches.length > 0) {
    const nameOf = (study: string): string => lab.studies.get(study)?.spec.name ?? study;
    const text = mismatchesText({ node: id, mismatches }, nameOf);
    refusals.push({ reason: 'mismatches', data: { text, count: mismatches.length } });
  }
  if (node === undefined || node.link === 0) return refusals;
  for (const [content, { name, reason }] of unsent)
    if (!node.has.has(content))
      refusals.push({ reason: 'lacks', data: { dataset: name, error: reason } });
  return refusals;
}

/** Collects what keeps the node's devices from studies that run. */
function lacksOf(id: string, lab: LabState): ReadonlySet<string> {
  const found = new Set<string>();
  // Content and arithmetic do not depend on the device.
  const places: Parameters<typeof lacking>[2][] = [{ node: id, kind: 'cpu', model: '' }];
  for (const { free } of lab.nodes.get(id)?.slots ?? [])
    if (free.group !== null && !places.includes(free.group)) places.push(free.group);
  for (const study of lab.active) {
    if (study.state !== 'running') continue;
    for (const place of places) {
      const lacks = lacking(lab, study, place);
      if (lacks !== null) found.add(lacks);
    }
  }
  return found;
}
