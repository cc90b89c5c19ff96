/**
 * The `webgpu` executor: runs a plan on a graphics card through Dawn, all lanes at once. In plain
 * Node processes only. Its results equal the other executors' within a tolerance, and are
 * bit-identical on one card with one driver.
 */
import { at } from '../../../core/at.ts';
import { ASSUMED_CARD_BYTES } from '../../../core/device.ts';
import type { DatasetShape } from '../../../datasets/dataset-view.ts';
import {
  ADAPTER_VARIABLE,
  cardMemory,
  FALLBACK_VARIABLE,
  listAdapters,
} from '../../../runtime/gpu/adapters.ts';
import { gpuObstacle, type GpuObstacle } from '../../../runtime/gpu/dawn.ts';
import type { Calibrations } from '../../calibration/calibrations.ts';
import { planHash } from '../../plan/hash.ts';
import type { Plan } from '../../plan/plan.ts';
import { TrainingError } from '../../training-error.ts';
import type { Executor, Memory, Usable } from '../executor.ts';
import { CardMemory } from './card-memory.ts';
import { lowerChip } from './chip/lower.ts';
import { chipShapes } from './chip/rule.ts';
import { openCard, type Card } from './device.ts';
import { WebgpuExecutable } from './executable.ts';
import { buildProgram, lower, type Lowered, type Program } from './program.ts';
import { searched } from './search.ts';
import { CardBench } from './search-bench.ts';
import { laneBytesOf, sizesOf, totalBytes } from './sizes.ts';
import { cardTile, softwareTile, type ChooseTile } from './tiles.ts';

export interface WebgpuOptions {
  /**
   * Part of the adapter's name; empty: none may be used. Default: GALAPAGOS_WEBGPU_ADAPTER, else
   * what the system prefers.
   */
  readonly adapter?: string | undefined;
  /**
   * True if an adapter that computes on the CPU may be used: slow, for tests. Default: whether
   * GALAPAGOS_WEBGPU_FALLBACK is 1.
   */
  readonly software?: boolean;
  /** Shapes of tiles; default: by the kind of adapter. */
  readonly tileFor?: ChooseTile;
  /**
   * Form that every plan takes; a plan that cannot take form A is refused. Default: what the search
   * finds; without one A where it fits on a card, and B on software adapters, which take long to
   * compile the kernels of A.
   */
  readonly form?: 'A' | 'B';
  /** Tries forms and tiles on the card and keeps what it finds; absent: the rule decides. */
  readonly search?: {
    readonly calibrations: Calibrations;
    /** True if software adapters search too: slow, for tests. */
    readonly onSoftware?: boolean;
    /** Most lanes of a measurement. */
    readonly lanes?: number;
  };
  /** True if Dawn checks every call; default: only on software adapters. */
  readonly validation?: boolean;
  /** Bytes of a buffer that a kernel sees at most; default: the card's limit. */
  readonly bindingBytes?: number;
  /** Memory of the card; default: the value of GALAPAGOS_GPU_MEMORY. */
  readonly memoryBytes?: number;
}

const INSTALL = "install or update the graphics card's driver";
/** Limit that every card has, for estimates before one is open. */
const LEAST_BINDING_BYTES = 128 * 2 ** 20;
const FORMS = {
  A: 'a workgroup a lane, with its weights in workgroup memory',
  B: 'fused kernels, for all lanes',
} as const;
/** Programs that are kept: a study trains few structures at a time. */
const KEPT_PROGRAMS = 8;
/** Executables that run side by side: the card computes one while another one is encoded. */
const PARALLEL = 4;

export class WebgpuExecutor implements Executor {
  readonly name = 'webgpu';
  readonly #options: WebgpuOptions;
  readonly #adapter: string | undefined;
  readonly #software: boolean;
  readonly #memory: CardMemory;
  #opening: Promise<Card | GpuObstacle> | undefined;
  #card: Card | undefined;
  readonly #lowered = new WeakMap<Plan, Lowered>();
  /** By plan hash, of the open card; the least recently used first. */
  readonly #programs = new Map<string, Promise<Program>>();
  /** Results of the search, by plan hash. */
  readonly #found = new Map<string, Promise<Lowered>>();

  constructor(options: WebgpuOptions = {}) {
    this.#options = options;
    this.#adapter = options.adapter ?? process.env[ADAPTER_VARIABLE];
    this.#software = options.software ?? process.env[FALLBACK_VARIABLE] === '1';
    this.#memory = new CardMemory(options.memoryBytes ?? cardMemory());
  }

  async probe(): Promise<Usable> {
    const opened = await this.#open();
    if ('reason' in opened) return { usable: false, ...opened, lost: this.#isPinned() };
    const memoryBytes = this.#memory.bytes ?? ASSUMED_CARD_BYTES;
    return { usable: true, label: opened.label, memoryBytes, parallel: PARALLEL };
  }

  /** Sum of the sizes of all buffers; exact once the card is open. */
  estimate(plan: Plan, lanes: number, dataset: DatasetShape): Memory {
    const bindingBytes = this.#card?.limits.bindingBytes ?? LEAST_BINDING_BYTES;
    const { form, places } =
      this.#card === undefined ? lower(plan, cardTile) : this.#lower(plan, this.#card);
    const laneBytes = laneBytesOf(plan, places);
    const room = { bindingBytes, memoryBytes: this.#memory.bytes };
    const total = totalBytes(sizesOf(plan, places, lanes, dataset, room));
    const sharedBytes = total - lanes * laneBytes;
    return { sharedBytes, laneBytes, codeBytes: 0, form: FORMS[form] };
  }

  /** @throws TrainingError `unsupported`, `compile-failed`, `device-lost` */
  async compile(plan: Plan, lanes: number, signal: AbortSignal): Promise<WebgpuExecutable> {
    signal.throwIfAborted();
    const card = await this.#open();
    if ('reason' in card)
      throw new TrainingError(
        this.#isPinned() ? 'device-lost' : 'unsupported',
        `webgpu: ${card.reason}; ${card.remedy}`,
      );
    await this.#search(card, plan);
    const program = await this.#program(card, plan);
    signal.throwIfAborted();
    const { shape, type: sampleType } = plan.input;
    const memory = this.estimate(plan, lanes, { samples: 0, shape, classes: 1, sampleType });
    return new WebgpuExecutable(card, program, plan, lanes, memory, this.#memory);
  }

  /** Returns whether a certain card was there when this worker was started for it. */
  #isPinned(): boolean {
    return this.#adapter !== undefined && this.#adapter !== '';
  }

  /** Opens the card once, and again after it was lost. */
  async #open(): Promise<Card | GpuObstacle> {
    if (this.#card?.lost !== undefined) {
      this.#opening = undefined;
      this.#programs.clear();
    }
    const opened = await (this.#opening ??= this.#find());
    if ('device' in opened) this.#card = opened;
    return opened;
  }

  async #find(): Promise<Card | GpuObstacle> {
    const wanted = this.#adapter;
    if (wanted === '')
      return { reason: 'this worker uses no graphics card', remedy: 'use a worker of a card' };
    // In a child first: a driver that crashes must not end this process.
    const { adapters, reason, remedy } = await listAdapters();
    if (reason !== undefined) return { reason, remedy: remedy ?? '' };
    const usable = adapters.filter(({ software }) => this.#software || !software);
    const names = adapters.map(({ name }) => name).join(', ');
    if (usable.length === 0)
      return { reason: `only adapters that compute on the CPU: ${names}`, remedy: INSTALL };
    if (wanted !== undefined && !usable.some(({ name }) => name.includes(wanted)))
      return { reason: `no adapter is named ${wanted}; there are: ${names}`, remedy: INSTALL };
    try {
      return await openCard({
        adapter: wanted,
        software: this.#software,
        validation: this.#options.validation ?? usable.every(({ software }) => software),
        bindingBytes: this.#options.bindingBytes,
      });
    } catch (error) {
      return gpuObstacle(error instanceof Error ? error.message : String(error));
    }
  }

  /** Searches the form and the tiles of a plan, once. */
  async #search(card: Card, plan: Plan): Promise<void> {
    const { search, tileFor } = this.#options;
    if (search === undefined || tileFor !== undefined) return;
    if (card.software && search.onSoftware !== true) return;
    const hash = planHash(plan);
    let found = this.#found.get(hash);
    if (found === undefined) {
      found = this.#searchNew(card, plan, search);
      this.#found.set(hash, found);
      found.catch(() => this.#found.delete(hash));
    }
    this.#lowered.set(plan, await found);
  }

  async #searchNew(
    card: Card,
    plan: Plan,
    { calibrations, lanes }: NonNullable<WebgpuOptions['search']>,
  ): Promise<Lowered> {
    const now = (): number => performance.now();
    const sized = lower(plan, card.software ? softwareTile : cardTile);
    const bench = new CardBench(card, sized, this.#memory, { most: lanes, now });
    try {
      const { form } = this.#options;
      return await searched(plan, card, bench, { calibrations, now, form });
    } finally {
      await bench.dispose();
    }
  }

  #lower(plan: Plan, card: Card): Lowered {
    let lowered = this.#lowered.get(plan);
    if (lowered === undefined) {
      lowered = this.#lowerNew(plan, card);
      this.#lowered.set(plan, lowered);
    }
    return lowered;
  }

  #lowerNew(plan: Plan, { software, limits }: Card): Lowered {
    const { form = software ? 'B' : undefined, tileFor } = this.#options;
    const shapes = form === 'B' ? 'not wanted' : chipShapes(plan, limits, software);
    if (typeof shapes !== 'string') return lowerChip(plan, at(shapes, 0), limits.bindingBytes);
    return lower(plan, tileFor ?? (software ? softwareTile : cardTile));
  }

  /** @throws TrainingError `unsupported` if form A is selected and cannot run the plan */
  #program(card: Card, plan: Plan): Promise<Program> {
    if (this.#options.form === 'A') {
      const shapes = chipShapes(plan, card.limits, card.software);
      if (typeof shapes === 'string')
        throw new TrainingError('unsupported', `webgpu on chip: ${shapes}`);
    }
    const hash = planHash(plan);
    const program = this.#programs.get(hash) ?? buildProgram(card, this.#lower(plan, card));
    this.#programs.delete(hash);
    this.#programs.set(hash, program);
    program.catch(() => this.#programs.delete(hash));
    const [oldest] = this.#programs.keys();
    if (this.#programs.size > KEPT_PROGRAMS && oldest !== undefined) this.#programs.delete(oldest);
    return program;
  }
}
