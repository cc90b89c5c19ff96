/**
 * Result of lowering a plan: calls of kernels in order, each for one tile of four samples or for
 * the whole batch.
 */
import { at, defined } from '../../../core/at.ts';
import type { Pausable } from '../../../runtime/pausable.ts';
import { fitting, type Extent } from '../../plan/lifetimes.ts';
import { BUFFERS } from './kernels/frame.ts';
import type { Kernel } from './kernels/kernel.ts';

/** Named memory outside the lanes' blocks, used by one lane after another. */
export interface Place {
  readonly name: string;
  /** Size for one tile, or for the whole batch. */
  readonly bytes: number;
  readonly each: 'tile' | 'batch';
}

/**
 * An argument: a place, a byte offset in the lane's block or in its row of values, a number, or the
 * number of tiles of the batch.
 */
export type Operand =
  | { readonly place: Place; readonly offset?: number }
  | { readonly lane: number }
  | { readonly row: number }
  | { readonly word: number }
  | { readonly tiles: true };

export const TILES: Operand = { tiles: true };
/** Placeholder for an operand that the kernel does not read. */
export const NOTHING: Operand = { word: 0 };

export interface Call {
  readonly kernel: Kernel;
  readonly operands: readonly Operand[];
}

export type Scope = 'tile' | 'batch';

export interface KernelStep extends Call {
  readonly scope: Scope;
}

/** A sequence of steps that all run per tile, or that all run once for the whole batch. */
export interface Phase {
  readonly scope: Scope;
  readonly steps: readonly KernelStep[];
}

export function step(
  scope: Scope,
  kernel: Kernel,
  ...operands: readonly (Operand | Place)[]
): KernelStep {
  if (operands.length !== kernel.parameters)
    throw new Error(
      `${kernel.key}: ${String(kernel.parameters)} operands expected, ${String(operands.length)} given`,
    );
  return { scope, kernel, operands: operands.map((o) => ('name' in o ? { place: o } : o)) };
}

export function phasesOf(steps: readonly KernelStep[]): Phase[] {
  const phases: { scope: Scope; steps: KernelStep[] }[] = [];
  for (const step of steps) {
    const last = phases.at(-1);
    if (last?.scope === step.scope && step.scope === 'tile') last.steps.push(step);
    else phases.push({ scope: step.scope, steps: [step] });
  }
  return phases;
}

export interface Placed {
  readonly address: number;
  /** Distance between consecutive tiles; 0 if all tiles use the same memory. */
  readonly stride: number;
}

export interface Layout {
  readonly at: (place: Place) => Placed;
  readonly end: number;
}

/**
 * Assigns addresses to all places. Places that are used in several phases, or that a step for the
 * whole batch reads, exist once per tile; others exist once. First-fit allocation over lifetimes,
 * measured in phases for the former and in steps for the latter.
 * @param kept places that outlive the run, always at the same addresses
 * @param tiles number of tiles per batch; `whole`: the kept places also exist once per tile
 */
export function* layOut(
  phases: readonly Phase[],
  kept: readonly Place[],
  tiles: number,
  whole: boolean,
): Pausable<Layout> {
  const placed = new Map<string, Placed>();
  let start = BUFFERS;
  for (const place of kept) {
    placed.set(place.name, { address: start, stride: whole ? align(place.bytes) : 0 });
    start += align(place.bytes) * (whole ? tiles : 1);
  }
  const uses = new Map<string, { place: Place; phases: number[] }>();
  phases.forEach((phase, index) => {
    for (const place of placesOf(phase)) {
      const use = uses.get(place.name) ?? { place, phases: [] };
      if (use.place.bytes !== place.bytes) throw new Error(`${place.name} has two sizes`);
      uses.set(place.name, use);
      if (use.phases.at(-1) !== index) use.phases.push(index);
    }
  });
  const lasting = [...uses.values()].filter(
    ({ place, phases: used }) =>
      !placed.has(place.name) &&
      (place.each === 'batch' ||
        used.length > 1 ||
        used.some((index) => phases[index]?.scope === 'batch')),
  );
  const size = ({ bytes, each }: Place): number => align(bytes) * (each === 'tile' ? tiles : 1);
  const fit = yield* fitting(
    lasting.map(({ place, phases: used }, id): Extent => ({
      id,
      size: size(place),
      first: at(used, 0),
      last: at(used, used.length - 1),
    })),
  );
  lasting.forEach(({ place }, id) =>
    placed.set(place.name, {
      address: start + defined(fit.offsets.get(id)),
      stride: place.each === 'tile' ? align(place.bytes) : 0,
    }),
  );
  const scratch = start + fit.size;
  let end = scratch;
  for (const phase of phases) end = Math.max(end, yield* layOutScratch(phase, placed, scratch));
  return {
    at: (place) => {
      const known = placed.get(place.name);
      if (known === undefined) throw new Error(`${place.name} has no address`);
      return known;
    },
    end,
  };
}

function* layOutScratch(
  phase: Phase,
  placed: Map<string, Placed>,
  start: number,
): Pausable<number> {
  const extents = new Map<string, Extent>();
  phase.steps.forEach((step, index) => {
    for (const place of placesOf({ steps: [step] })) {
      if (placed.has(place.name)) continue;
      const known = extents.get(place.name) ?? {
        id: extents.size,
        size: align(place.bytes),
        first: index,
        last: index,
      };
      extents.set(place.name, { ...known, last: index });
    }
  });
  const fit = yield* fitting([...extents.values()]);
  for (const [name, { id }] of extents)
    placed.set(name, { address: start + defined(fit.offsets.get(id)), stride: 0 });
  return start + fit.size;
}

function placesOf({ steps }: Pick<Phase, 'steps'>): Place[] {
  return steps.flatMap((step) =>
    step.operands.flatMap((operand) => ('place' in operand ? [operand.place] : [])),
  );
}

function align(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}
