import { describe, expect, it } from 'vitest';
import { PURPOSE, Stream } from '../../../src/core/random.ts';
import {
  firstSearch,
  nextSearch,
  NOTHING_SPENT,
  spentAfter,
} from '../../../src/core/samplers/cma-es/restarts.ts';
import type { Search } from '../../../src/core/samplers/cma-es/restarts.ts';

const streamOf = (ordinal: number): Stream => new Stream(7, { purpose: PURPOSE.mutate, ordinal });

interface Started {
  readonly search: Search;
  /** Samples of all searches of its kind before it, and of the other kind. */
  readonly short: number;
  readonly large: number;
}

/** Searches of so many samples unless their generations are limited. */
function searches(count: number, samplesOf: (search: Search) => number): Started[] {
  const started: Started[] = [];
  let spent = NOTHING_SPENT;
  let search = firstSearch(8);
  for (let i = 1; i <= count; i++) {
    started.push({ search, ...spent });
    const most = search.generations === null ? Infinity : search.generations * search.population;
    spent = spentAfter(spent, search, Math.min(most, samplesOf(search)));
    search = nextSearch('bipop', 8, spent, streamOf(i));
  }
  return started;
}

describe('Sampler cma-es: restarts by IPOP', () => {
  it('have twice the population each', () => {
    let spent = NOTHING_SPENT;
    const populations = Array.from({ length: 4 }, (_, i) => {
      const search = nextSearch('ipop', 6, spent, streamOf(i));
      spent = spentAfter(spent, search, 100);
      return search.population;
    });
    expect(populations).toEqual([12, 24, 48, 96]);
  });
});

describe('Sampler cma-es: restarts by BIPOP', () => {
  const started = searches(200, ({ population }) => 30 * population);
  const short = started.filter(({ search }) => !search.isLarge).slice(1);
  const large = started.filter(({ search }) => search.isLarge);

  it('are short as long as short searches have taken fewer samples, the first search among them', () => {
    expect(started[0]!.search.isLarge).toBe(false);
    for (const { search, ...spent } of started.slice(1))
      expect(search.isLarge).toBe(spent.short >= Math.max(1, spent.large));
    // A short search takes at most half as many samples as all large ones.
    for (const { search, ...spent } of started.slice(2).filter((each) => each.search.isLarge)) {
      expect(search.generations).toBeNull();
      expect(spent.short / spent.large).toBeLessThan(1.5);
    }
  });

  it('double the population from one large search to the next', () => {
    expect(large.length).toBeGreaterThan(4);
    expect(large.map(({ search }) => search.population)).toEqual(
      large.map((_, i) => 8 * 2 ** (i + 1)),
    );
    for (const { search } of large) expect(search).toMatchObject({ spread: 1, generations: null });
  });

  it('draw population and step size of short searches, and end them at half the large samples', () => {
    expect(short.length).toBeGreaterThan(20);
    for (const { search, large: spent } of short) {
      const largest = started.findLast((each) => each.search.isLarge && each.large <= spent)!;
      expect(search.population).toBeGreaterThanOrEqual(8);
      expect(search.population).toBeLessThanOrEqual(2 * largest.search.population);
      expect(search.generations! * search.population).toBeLessThanOrEqual(
        Math.max(search.population, spent / 2),
      );
    }
    const spreads = short.map(({ search }) => search.spread);
    expect(Math.min(...spreads)).toBeGreaterThanOrEqual(0.01);
    expect(Math.max(...spreads)).toBeLessThanOrEqual(1);
    // 0.01^U: half of them are below 0.1.
    const narrow = spreads.filter((spread) => spread < 0.1).length / spreads.length;
    expect(narrow).toBeGreaterThan(0.3);
    expect(narrow).toBeLessThan(0.7);
  });

  it('take populations as pycma computes them', () => {
    // int(popsize0 * multiplier ** (u ** 2)) of fmin2, with the draws of this stream.
    for (const [largeSearches, ordinal] of [
      [1, 3],
      [3, 5],
      [6, 8],
    ] as const) {
      const draws = streamOf(ordinal);
      const [first, second] = [draws.uniform53(), draws.uniform53()];
      const search = nextSearch(
        'bipop',
        8,
        { short: 10, large: 1_000, largeSearches },
        streamOf(ordinal),
      );
      expect(search.population).toBe(Math.trunc(8 * (2 ** largeSearches) ** (second ** 2)));
      expect(search.spread).toBeCloseTo(0.01 ** first, 12);
      expect(search.generations).toBe(Math.trunc(500 / search.population));
    }
  });
});
