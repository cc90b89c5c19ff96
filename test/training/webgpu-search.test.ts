import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Calibrations } from '../../src/training/calibration/calibrations.ts';
import type { Kernel } from '../../src/training/executors/webgpu/kernel.ts';
import type { Lowered } from '../../src/training/executors/webgpu/program.ts';
import {
  largeProducts,
  searched,
  type Bench,
  type Kernels,
} from '../../src/training/executors/webgpu/search.ts';
import type { Plan } from '../../src/training/plan/plan.ts';
import { fixtureSubject, readFixture } from '../support/pytorch-walk.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const CARD = {
  name: 'a card',
  driver: '1.0',
  software: false,
  limits: {
    workgroupBytes: 49_152,
    threads: 1024,
    subgroup: [32, 32],
    bindingBytes: 2 ** 30,
  },
} as const;

interface Speeds {
  /** Lane-samples per second of a kernel on chip, from its text, and of form B. */
  readonly chip: (text: string) => number;
  readonly tiled: number;
  /** True if the forms agree; default: they do. */
  readonly agree?: boolean;
  /** Runs per second of a product. */
  readonly product?: (kernel: Kernel) => number;
}

/** Takes 100 ms of the test's clock for each measurement. */
class FakeBench implements Bench {
  readonly lanes = 64;
  readonly #speeds: Speeds;
  readonly tick: () => void;
  trained = 0;
  /** Texts of the kernels on chip that were measured. */
  readonly chips: string[] = [];
  readonly products: (readonly Kernel[])[] = [];

  constructor(speeds: Speeds, tick: () => void) {
    this.#speeds = speeds;
    this.tick = tick;
  }

  train({ form, train }: Lowered): Promise<number> {
    this.trained += 1;
    this.tick();
    const { chip, tiled } = this.#speeds;
    if (form === 'A') this.chips.push(textOf(train));
    return Promise.resolve(form === 'A' ? chip(textOf(train)) : tiled);
  }

  agree(one: Lowered, other: Lowered): Promise<boolean> {
    expect([one.form, other.form]).toEqual(['A', 'B']);
    return Promise.resolve(this.#speeds.agree ?? true);
  }

  run(candidates: readonly Kernels[]): Promise<readonly number[]> {
    return Promise.resolve(
      candidates.map(({ kernels }) => {
        this.products.push(kernels);
        this.tick();
        return this.#speeds.product?.(kernels[0]!) ?? 1;
      }),
    );
  }
}

function textOf(kernels: readonly Kernel[]): string {
  return kernels.map(({ code }) => code).join('\n');
}

/** Threads and samples of a tile of the kernel on chip. */
function shapeOf(text: string): string {
  const [, threads] = /@workgroup_size\((\d+)\)\nfn main\([^{]*\{\s*let place[^}]*m\[i\]/.exec(
    text,
  )!;
  return `${threads!} threads, ${/const TILE = (\d+)u/.exec(text)![1]!} samples`;
}

async function planOf(preset: string): Promise<Plan> {
  return (await fixtureSubject(readFixture(preset))).plan;
}

describe('GPU: search of form and tiles', () => {
  let folder: TemporaryFolder;
  let now = 0;
  const clock = (): number => now;
  beforeEach(() => {
    folder = temporaryFolder();
    now = 0;
  });
  afterEach(() => folder.remove());

  const bench = (speeds: Speeds, ms = 100): FakeBench => new FakeBench(speeds, () => (now += ms));
  const search = (plan: Plan, on: Bench, form?: 'A' | 'B'): Promise<Lowered> =>
    searched(plan, CARD, on, {
      calibrations: new Calibrations(folder.file('c'), clock),
      now: clock,
      form,
    });

  it('takes the form on chip where it is faster, in the fastest of the shapes that it tried', async () => {
    const plan = await planOf('mnist-paper');
    const wanted = '512 threads, 8 samples';
    const chip = (text: string): number => {
      const [threads, samples] = shapeOf(text).match(/\d+/g)!.map(Number) as [number, number];
      return 1e6 / (1 + Math.abs(threads - 512) + Math.abs(samples - 8));
    };
    const found = await search(plan, bench({ chip, tiled: 10 }));
    expect(found.form).toBe('A');
    expect(shapeOf(textOf(found.train))).toBe(wanted);
  });

  it('tries many threads with few filters, for which registers suffice', async () => {
    const plan = await planOf('mnist-paper');
    const on = bench({ chip: () => 20, tiled: 10 }, 1);
    await search(plan, on);
    const threads = on.chips.map((text) => shapeOf(text));
    expect(threads).toContain('1024 threads, 8 samples');
    // Four sums for each of two filters, and none for a third.
    const wide = on.chips.filter((text) => shapeOf(text).startsWith('1024'));
    expect(wide.every((text) => !text.includes('var a2_0'))).toBe(true);
  });

  it('takes form B where it is faster', async () => {
    const plan = await planOf('mnist-paper');
    expect((await search(plan, bench({ chip: () => 9, tiled: 10 }))).form).toBe('B');
    expect((await search(plan, bench({ chip: () => 9, tiled: 10 }), 'A')).form).toBe('A');
  });

  it('takes form B where the faster form on chip trains to other weights', async () => {
    const plan = await planOf('mnist-paper');
    const on = bench({ chip: () => 20, tiled: 10, agree: false });
    expect((await search(plan, on)).form).toBe('B');
    expect(on.products.length).toBeGreaterThan(0);
    // The result is kept with the reason.
    expect((await search(plan, bench({ chip: () => 20, tiled: 10 }))).form).toBe('B');
  });

  it('takes the fastest tile of each large product, and the default of the others', async () => {
    const plan = await planOf('cnn');
    const product = ({ code }: Kernel): number => (code.includes('workgroup_size(256)') ? 5 : 1);
    const on = bench({ chip: () => 0, tiled: 1, product }, 1);
    const found = await search(plan, on);
    const large = largeProducts(found.train);
    expect(large.length).toBeGreaterThan(1);
    expect(on.products.length).toBe(4 * large.length);
    expect(on.products.every((kernels) => kernels.every((each) => each.sides !== undefined))).toBe(
      true,
    );
    for (const kernel of found.train) {
      if (kernel.sides === undefined) continue;
      const { m, n } = kernel.sides;
      const tried = large.some((each) => each.m === m && each.n === n) && m >= 64 && n > 32;
      expect(kernel.code.includes('workgroup_size(256)')).toBe(tried);
    }
  });

  it('does not try tiles for products of less than a twentieth of the work', () => {
    const kernels = [
      [64, 90],
      [8, 4],
      [16, 3],
      [16, 3],
    ].map(([m, flops]) => ({ sides: { m, n: 64 }, flops }) as unknown as Kernel);
    expect(largeProducts(kernels).map(({ m }) => m)).toEqual([64, 16]);
  });

  it('tries nothing new after two seconds', async () => {
    const plan = await planOf('mnist-paper');
    const on = bench({ chip: () => 20, tiled: 10 }, 700);
    await search(plan, on);
    expect(on.trained).toBe(3);
  });

  it('keeps what it found for the plan, the card and its driver', async () => {
    const plan = await planOf('mnist-paper');
    const first = await search(plan, bench({ chip: () => 20, tiled: 10 }));
    const later = bench({ chip: () => 1, tiled: 10 });
    expect(textOf((await search(plan, later)).train)).toBe(textOf(first.train));
    expect(later.trained).toBe(0);
    const updated = { ...CARD, driver: '2.0' };
    const calibrations = new Calibrations(folder.file('c'), clock);
    await searched(plan, updated, later, { calibrations, now: clock });
    expect(later.trained).toBeGreaterThan(0);
  });

  it('follows the rule and keeps nothing where nothing could be measured', async () => {
    const plan = await planOf('mnist-paper');
    const found = await search(plan, bench({ chip: () => 0, tiled: 0, product: () => 0 }));
    expect(found.form).toBe('A');
    expect(readdirSync(folder.file('c'))).toEqual([]);
  });
});
