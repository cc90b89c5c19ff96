/** Buffers of an executable on the card, and the bind group of each segment of lanes. */
import { guarded, USAGE, type Card } from './device.ts';
import { BINDINGS, RECORD_WORDS } from './prelude.ts';
import { OWN, STAGING, type OwnName, type SharedName, type Sizes } from './sizes.ts';

export interface Segment {
  /** Index of its first lane. */
  readonly first: number;
  readonly lanes: number;
  readonly buffers: ReadonlyMap<string, GPUBuffer>;
  /** Bind groups by the offset of their table of lanes. */
  readonly groups: Map<number, GPUBindGroup>;
}

/** Bytes of one upload; the source may be shared memory, which has to be copied. */
const PIECE = 4 * 2 ** 20;

export class Buffers {
  readonly sizes: Sizes;
  readonly segments: readonly Segment[];
  readonly #card: Card;
  readonly #layout: GPUBindGroupLayout;
  readonly #shared: Map<SharedName, GPUBuffer>;

  private constructor(
    card: Card,
    layout: GPUBindGroupLayout,
    sizes: Sizes,
    shared: Map<SharedName, GPUBuffer>,
    own: readonly ReadonlyMap<OwnName, GPUBuffer>[],
  ) {
    this.#card = card;
    this.#layout = layout;
    this.sizes = sizes;
    this.#shared = shared;
    this.segments = own.map((buffers, i) => ({
      first: i * sizes.perSegment,
      lanes: sizes.segments[i]?.lanes ?? 0,
      buffers,
      groups: new Map([[0, this.#bind(buffers, 0)]]),
    }));
  }

  /** @throws TrainingError `out-of-memory`, with nothing left allocated */
  static async allocate(card: Card, layout: GPUBindGroupLayout, sizes: Sizes): Promise<Buffers> {
    const made: GPUBuffer[] = [];
    const make = (name: SharedName | OwnName, size: number): GPUBuffer => {
      const buffer = card.device.createBuffer({ label: name, size, usage: usageOf(name) });
      made.push(buffer);
      return buffer;
    };
    try {
      // In groups, since the card reports the first failure of a group only.
      const shared = await guarded(
        card,
        () =>
          new Map(
            Object.entries(sizes.shared).map(([name, size]) => [
              name as SharedName,
              make(name as SharedName, size),
            ]),
          ),
      );
      const own: Map<OwnName, GPUBuffer>[] = [];
      for (const { bytes } of sizes.segments)
        own.push(
          await guarded(card, () => new Map(OWN.map((name) => [name, make(name, bytes[name])]))),
        );
      return await guarded(card, () => new Buffers(card, layout, sizes, shared, own));
    } catch (error) {
      for (const buffer of made) buffer.destroy();
      throw error;
    }
  }

  shared(name: SharedName): GPUBuffer {
    const buffer = this.#shared.get(name);
    if (buffer === undefined) throw new RangeError(`there is no buffer ${name}`);
    return buffer;
  }

  /** Writes to a buffer from its start, and enlarges it first if necessary. */
  async fill(name: 'order' | 'hyper', values: Uint32Array): Promise<void> {
    if (this.shared(name).size < values.byteLength) {
      const size = values.byteLength;
      const { device } = this.#card;
      const larger = await guarded(this.#card, () =>
        device.createBuffer({ label: name, size, usage: usageOf(name) }),
      );
      this.shared(name).destroy();
      this.#shared.set(name, larger);
      for (const { groups } of this.segments) groups.clear();
    }
    this.upload(this.shared(name), 0, values);
  }

  /** Copies an array of any length to a buffer; the last word is padded with zeros. */
  upload(buffer: GPUBuffer, offset: number, values: ArrayBufferView): void {
    const source = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    for (let from = 0; from < source.length; from += PIECE) {
      const part = source.subarray(from, from + PIECE);
      const piece = new Uint8Array(4 * Math.ceil(part.length / 4));
      piece.set(part);
      this.#card.device.queue.writeBuffer(buffer, offset + from, piece);
    }
  }

  /**
   * Bind group of a segment whose kernels see the table of lanes at an offset, a multiple of
   * `TABLE_BYTES`.
   */
  groupOf({ buffers, groups }: Segment, offset: number): GPUBindGroup {
    const group = groups.get(offset) ?? this.#bind(buffers, offset);
    groups.set(offset, group);
    return group;
  }

  segmentOf(lane: number): Segment {
    const segment = this.segments[Math.floor(lane / this.sizes.perSegment)];
    if (segment === undefined) throw new RangeError(`there is no lane ${String(lane)}`);
    return segment;
  }

  destroy(): void {
    for (const buffer of this.#shared.values()) buffer.destroy();
    for (const { buffers } of this.segments)
      for (const buffer of buffers.values()) buffer.destroy();
  }

  #bind(own: ReadonlyMap<string, GPUBuffer>, offset: number): GPUBindGroup {
    const records = { buffer: this.shared('records'), size: 4 * RECORD_WORDS };
    return this.#card.device.createBindGroup({
      layout: this.#layout,
      entries: [
        { binding: 0, resource: records },
        ...BINDINGS.map((name, i) => ({
          binding: i + 1,
          resource: {
            buffer: own.get(name) ?? this.shared(name as SharedName),
            offset: name === 'lanes' ? offset : 0,
          },
        })),
      ],
    });
  }
}

export function bufferOf({ buffers }: Segment, name: OwnName): GPUBuffer {
  const buffer = buffers.get(name);
  if (buffer === undefined) throw new RangeError(`a segment lacks its buffer ${name}`);
  return buffer;
}

function usageOf(name: SharedName | OwnName): number {
  if ((STAGING as readonly string[]).includes(name)) return USAGE.mapRead | USAGE.copyDst;
  if (name === 'records') return USAGE.uniform | USAGE.copyDst;
  return USAGE.storage | USAGE.copyDst | USAGE.copySrc;
}
