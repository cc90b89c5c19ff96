/** A plan as pipelines of one card. Depends on neither the number of lanes nor the dataset. */
import { at } from '../../../core/at.ts';
import type { Op, Plan } from '../../plan/plan.ts';
import { TrainingError } from '../../training-error.ts';
import { guarded, type Card } from './device.ts';
import { fuse, unfused } from './fuse.ts';
import { faultOf } from './fusion.ts';
import { parametrised, sharesOf, type Kernel } from './kernel.ts';
import { lowerOps } from './lower/index.ts';
import type { Lowering } from './lower/lowering.ts';
import { finite } from './lower/update.ts';
import { layoutOf, Places, type Layout } from './places.ts';
import { BINDINGS, bindingType, preludeFor, RECORD_WORDS } from './prelude.ts';
import type { ChooseTile } from './tiles.ts';

/** A plan as kernels, without a card. */
export interface Lowered {
  readonly plan: Plan;
  readonly form: 'A' | 'B';
  readonly places: Layout;
  /** Steps that one dispatch computes at most. */
  readonly stepsTogether: number;
  readonly train: readonly Kernel[];
  readonly evaluate: readonly Kernel[];
  /** Check for finite weights, once a chunk. */
  readonly finite: Kernel;
}

/** @param fusing whether results may be left to the kernels that need them */
export function lower(plan: Plan, tileFor: ChooseTile, fusing = true): Lowered {
  const step = (ops: readonly Op[], training: boolean): Lowering => {
    const fused = fusing ? fuse(plan, ops, training) : null;
    // A fault would be a bug; storing everything is right, and slower.
    const fusion = fused === null || faultOf(fused) !== null ? unfused(plan, ops) : fused;
    return { plan, fusion, places: new Places(plan, fusion), tileFor, firstSample: '0u', training };
  };
  const [training, evaluation] = [step(plan.train, true), step(plan.evaluate, false)];
  const [train, evaluate] = [lowerOps(plan.train, training), lowerOps(plan.evaluate, evaluation)];
  const places = layoutOf(training.places, evaluation.places);
  return { plan, form: 'B', places, stepsTogether: 1, train, evaluate, finite: finite(plan) };
}

/** A kernel that is ready to run. */
export interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly groups: readonly [x: number, y: number];
  readonly perLane: boolean;
  readonly perStep: boolean;
  /** Immediates; null: none. */
  readonly values: Uint32Array<ArrayBuffer> | null;
  /** Share of a step's time, estimated. */
  readonly share: number;
}

export interface Program {
  readonly form: Lowered['form'];
  readonly places: Layout;
  readonly stepsTogether: number;
  readonly layout: GPUBindGroupLayout;
  readonly train: readonly Dispatch[];
  readonly evaluate: readonly Dispatch[];
  readonly finite: Dispatch;
  /** Number of pipelines; kernels of equal text share one. */
  readonly pipelines: number;
}

/** Most workgroups in one dimension; without validation the card would not check it. */
const MOST_GROUPS = 65_535;
const COMPUTE_STAGE = 4;

/**
 * Compiles all kernels at once.
 * @throws TrainingError `compile-failed` with the kernel's name; `unsupported`
 */
export async function buildProgram(card: Card, lowered: Lowered): Promise<Program> {
  const { device } = card;
  const layout = device.createBindGroupLayout({
    entries: [
      {
        binding: 0,
        visibility: COMPUTE_STAGE,
        buffer: { type: 'uniform', hasDynamicOffset: true, minBindingSize: 4 * RECORD_WORDS },
      },
      ...BINDINGS.map((name, i) => ({
        binding: i + 1,
        visibility: COMPUTE_STAGE,
        buffer: { type: bindingType(name) },
      })),
    ],
  });
  const pipelines = new Map<string, Promise<GPUComputePipeline>>();
  const ready = async (kernel: Kernel, share: number): Promise<Dispatch> => {
    const { name, groups, perLane, perStep = false } = kernel;
    if (Math.max(...groups) > MOST_GROUPS)
      throw new TrainingError('unsupported', `webgpu: ${name} needs more than 65,535 workgroups`);
    const { code, values } = parametrised(kernel.code, card.limits.immediates);
    const key = `${lowered.places.constants()}\n${code}`;
    let pipeline = pipelines.get(key);
    if (pipeline === undefined) {
      pipeline = compile(card, layout, name, key, 4 * values.length);
      pipelines.set(key, pipeline);
    }
    return {
      pipeline: await pipeline,
      groups,
      perLane,
      perStep,
      values: values.length === 0 ? null : Uint32Array.from(values),
      share,
    };
  };
  const all = (kernels: readonly Kernel[]): Promise<Dispatch[]> => {
    const shares = sharesOf(kernels);
    return Promise.all(kernels.map((kernel, i) => ready(kernel, at(shares, i))));
  };
  const [train, evaluate, [check]] = await Promise.all([
    all(lowered.train),
    all(lowered.evaluate),
    all([lowered.finite]),
  ]);
  if (check === undefined) throw new RangeError('the check for finite weights is missing');
  const { form, places, stepsTogether } = lowered;
  return {
    form,
    places,
    stepsTogether,
    layout,
    train,
    evaluate,
    finite: check,
    pipelines: pipelines.size,
  };
}

async function compile(
  card: Card,
  layout: GPUBindGroupLayout,
  name: string,
  text: string,
  immediateSize: number,
): Promise<GPUComputePipeline> {
  const { device } = card;
  const requires = immediateSize === 0 ? '' : 'requires immediate_address_space;\n';
  const enables = text.includes('subgroupAdd(') ? 'enable subgroups;\n' : '';
  const code = `${enables}${requires}${preludeFor(text)}${text}`;
  try {
    return await guarded(card, () => {
      const module = device.createShaderModule({ label: name, code });
      return device.createComputePipelineAsync({
        label: name,
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout], immediateSize }),
        compute: { module },
      });
    });
  } catch (error) {
    if (error instanceof TrainingError && error.kind !== 'compile-failed') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new TrainingError('compile-failed', `webgpu: kernel ${name}: ${reason}`, name);
  }
}
