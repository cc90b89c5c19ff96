/** A plan's identity: SHA-256 of its canonical JSON, blind to the names that people gave layers. */
import { createHash } from 'node:crypto';
import type { Plan } from './plan.ts';

export function planHash(plan: Plan): string {
  const names = new Map<string, string>();
  const ordinal = (name: string): string => {
    let known = names.get(name);
    if (known === undefined) names.set(name, (known = `#${String(names.size)}`));
    return known;
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
  return createHash('sha256').update(canonicalJson(anonymous)).digest('hex');
}

/** Keys sorted, no spaces, numbers as JavaScript prints them, absent for undefined. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, v]) => v !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(',')}}`;
}
