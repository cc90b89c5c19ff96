import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { DRAWN, GRAPHS } from '../support/drawn-networks.ts';
import { size } from '../support/effort.ts';
import { NETWORKS, subjectOf, type SmallSubject } from '../support/networks.ts';
import { firstWeights, walkReference } from '../support/reference-walk.ts';

let worstSeen = 0;
afterAll(() => {
  console.log(`worst difference quotient: ${worstSeen.toExponential(1)}`);
});

/**
 * Central differences for up to `entries` weights per tensor; n valid samples per batch.
 * @returns number of compared weights
 */
function checkGradients(subject: SmallSubject, n: number, entries: number): number {
  const weights = firstWeights(subject, 5, { trial: 0, shared: true });
  const place = { indices: Uint32Array.from({ length: n }, (_, i) => i) };
  const { gradients } = walkReference(subject, weights, place);
  let looked = 0;
  weights.forEach((weight, k) => {
    const largest = Math.max(1e-3, ...gradients[k]!.map(Math.abs));
    const stride = Math.max(1, Math.floor(weight.length / entries));
    for (let i = 0; i < weight.length; i += stride) {
      const saved = weight[i]!;
      const at = (h: number): ReturnType<typeof walkReference> => {
        weight[i] = saved + h;
        const walk = walkReference(subject, weights, place);
        weight[i] = saved;
        return walk;
      };
      let error = Infinity;
      // A smaller step where the curvature is high (a norm over few values), a larger one where the
      // function is flat.
      for (const h of [1e-5, 1e-6, 1e-4]) {
        const [above, below] = [at(h), at(-h)];
        // There is no derivative across a kink.
        if (above.sides !== below.sides) continue;
        error = Math.min(
          error,
          Math.abs((above.loss - below.loss) / (2 * h) - gradients[k]![i]!) / largest,
        );
        if (error <= 1e-7) break;
      }
      if (error === Infinity) continue;
      looked += 1;
      worstSeen = Math.max(worstSeen, error);
      expect(error, `${subject.plan.weights[k]!.name}[${i}] of n = ${n}`).toBeLessThanOrEqual(1e-7);
    }
  });
  return looked;
}

describe('Reference: gradients', () => {
  it.each(NETWORKS.map((network) => [network.name, network] as const))(
    'equal central differences for %s',
    (_name, network) => {
      const subject = subjectOf(network);
      // A whole batch, and one with an invalid position.
      for (const n of new Set([subject.plan.batch, Math.max(1, subject.plan.batch - 1)]))
        expect(checkGradients(subject, n, 6)).toBeGreaterThan(5);
    },
  );

  it('equal central differences for networks of random shapes', () => {
    fc.assert(
      fc.property(DRAWN, (network) => {
        const subject = subjectOf(network, network.samples);
        checkGradients(subject, Math.min(network.samples, subject.plan.batch), 4);
      }),
      { numRuns: size(15, 40), seed: 4 },
    );
  });

  it('equal central differences for random graphs', () => {
    fc.assert(
      fc.property(GRAPHS, (network) => {
        checkGradients(subjectOf(network), 4, 4);
      }),
      { numRuns: size(40, 100), seed: 6 },
    );
  });
});
