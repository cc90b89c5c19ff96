/** Audits of a study of a lab in memory. */
import type { AuditedValue, StoredAudit, StoredMismatch, Write } from '../core/scheduling/index.ts';

type Of<Op extends Write['op']> = Extract<Write, { op: Op }>;
export type AuditWrite = Of<'auditDue' | 'auditSettled' | 'auditStarted' | 'auditEnded'>;

interface MemoryAudit {
  /** Null: the audit is over, or its trial has ended elsewhere. */
  readonly due: AuditedValue | null;
  readonly attempts: StoredAudit['attempts'];
}

/** By trial number; never changed, but replaced. */
export type MemoryAudits = ReadonlyMap<number, MemoryAudit>;

/** Returns the audits after a write. */
export function withAudit(audits: MemoryAudits, write: AuditWrite): MemoryAudits {
  const number = 'attempt' in write ? write.attempt.number : write.number;
  const before = audits.get(number) ?? { due: null, attempts: [] };
  return new Map(audits).set(number, after(before, write));
}

function after({ due, attempts }: MemoryAudit, write: AuditWrite): MemoryAudit {
  switch (write.op) {
    case 'auditDue': {
      const { value, slot, arithmetic, figures, until } = write;
      return {
        due: { value: value === 0 ? 0 : value, slot, arithmetic, figures, until },
        attempts,
      };
    }
    case 'auditSettled':
      return { due: null, attempts };
    case 'auditStarted': {
      const { attempt, slot } = write;
      const { attemptNumber } = attempt;
      // Lost, if it has not ended when the lab is opened again.
      return {
        due,
        attempts: [
          ...attempts,
          { attemptNumber, slot, outcome: 'lost', value: null, difference: null },
        ],
      };
    }
    case 'auditEnded': {
      const { attempt, outcome, value, difference } = write;
      return {
        due,
        attempts: attempts.map((each) =>
          each.attemptNumber === attempt.attemptNumber
            ? { ...each, outcome, value, difference }
            : each,
        ),
      };
    }
    default:
      return write satisfies never;
  }
}

/** Audits that are not over, in the order of their trials. */
export function storedAudits(audits: MemoryAudits): StoredAudit[] {
  return [...audits]
    .flatMap(([number, { due, attempts }]) => (due === null ? [] : [{ number, ...due, attempts }]))
    .sort((a, b) => a.number - b.number);
}

/** Returns the audits of the trials below a number. */
export function auditsBelow(audits: MemoryAudits, from: number): MemoryAudits {
  return new Map([...audits].filter(([number]) => number < from));
}

/** Returns the wrong values of nodes after a write. */
export function afterMismatch(
  mismatches: readonly StoredMismatch[],
  write: Of<'mismatch' | 'mismatchesForgotten'>,
): readonly StoredMismatch[] {
  if (write.op === 'mismatchesForgotten')
    return mismatches.filter(({ node }) => node !== write.node);
  const { uid, number, node, metric, value, from, found, by } = write;
  return [...mismatches, { uid, number, node, metric, value, from, found, by }];
}
