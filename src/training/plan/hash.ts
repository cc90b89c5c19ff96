/** Identity of a plan: SHA-256 of its canonical JSON, independent of layer names. */
import { createHash, type Hash } from 'node:crypto';
import { withoutPauses, type Pausable } from '../../runtime/pausable.ts';
import type { Plan } from './plan.ts';

/** Cache of hashes by plan. */
const known = new WeakMap<Plan, string>();

export function planHash(plan: Plan): string {
  return withoutPauses(hashing(plan));
}

/**
 * `planHash` as a computation that can be paused; afterwards `planHash` of the same plan is a
 * look-up.
 */
export function* hashing(plan: Plan): Pausable<string> {
  const before = known.get(plan);
  if (before !== undefined) return before;
  const names = new Map<string, string>();
  const ordinal = (name: string): string => {
    let named = names.get(name);
    if (named === undefined) names.set(name, (named = `#${String(names.size)}`));
    return named;
  };
  const anonymous = {
    ...plan,
    weights: plan.weights.map((w) => ({ ...w, name: ordinal(w.name) })),
    buffers: plan.buffers.map((b) => ({ ...b, name: ordinal(b.name) })),
    statistics: plan.statistics.map((s) => ({ ...s, name: ordinal(s.name) })),
    hyper: plan.hyper.map((h) => ({ ...h, name: ordinal(h.name) })),
    train: plan.train.map((op) => ({ ...op, layer: ordinal(op.layer) })),
    evaluate: plan.evaluate.map((op) => ({ ...op, layer: ordinal(op.layer) })),
  };
  const hash = createHash('sha256');
  let separator = '{';
  for (const [field, value] of sortedEntries(anonymous)) {
    hash.update(`${separator}${JSON.stringify(field)}:`);
    if (Array.isArray(value)) yield* hashList(hash, value);
    else hash.update(canonicalJson(value));
    separator = ',';
  }
  const digest = hash.update('}').digest('hex');
  known.set(plan, digest);
  return digest;
}

function* hashList(hash: Hash, list: readonly unknown[]): Pausable<void> {
  hash.update('[');
  for (const [i, each] of list.entries()) {
    hash.update(`${i === 0 ? '' : ','}${canonicalJson(each)}`);
    yield;
  }
  hash.update(']');
}

function sortedEntries(value: object): [string, unknown][] {
  return Object.entries(value)
    .filter(([, v]) => v !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * Canonical JSON: sorted keys, no spaces, numbers as JavaScript prints them, undefined fields
 * omitted.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${sortedEntries(value)
    .map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`)
    .join(',')}}`;
}
