/**
 * Opens the graphics card of this process, and turns the card's errors into training errors. It
 * does not list cards: see `runtime/gpu/adapters.ts`.
 */
import { isSoftwareAdapter } from '../../../runtime/gpu/adapters.ts';
import { dawnInstance } from '../../../runtime/gpu/dawn.ts';
import { TrainingError } from '../../training-error.ts';

export interface CardOptions {
  /** Part of the adapter's name; absent: the adapter that the system prefers. */
  readonly adapter?: string | undefined;
  /** True if an adapter that computes on the CPU may be used. */
  readonly software: boolean;
  /** True if Dawn checks every call. Costs time; without it a wrong call is undefined. */
  readonly validation: boolean;
  /** Limit of `bindingBytes`, where that of the card is larger. */
  readonly bindingBytes?: number | undefined;
}

export interface CardLimits {
  /** Bytes of the largest buffer, and of the largest part of one that a kernel sees. */
  readonly bindingBytes: number;
  readonly workgroupBytes: number;
  readonly threads: number;
  /** Threads of the smallest and the largest subgroup; 0: the card has none. */
  readonly subgroup: readonly [smallest: number, largest: number];
  /** 32-bit words that a dispatch may carry; 0 where the card has no immediates. */
  readonly immediates: number;
}

export interface Card {
  readonly device: GPUDevice;
  readonly name: string;
  readonly driver: string;
  /** `webgpu:<adapter>:<driver>`: rounding depends on both. */
  readonly label: string;
  readonly software: boolean;
  readonly limits: CardLimits;
  /** Reason why the device was lost; undefined while it works. */
  readonly lost: string | undefined;
  /** Called once the device is lost. */
  readonly lostListeners: Set<() => void>;
  /** First error that no error scope caught; undefined: none. */
  readonly fault: string | undefined;
}

/** Toggles that save time; correct programs do not notice them. */
const FAST = [
  'disable_robustness',
  'disable_workgroup_init',
  'disable_polyfills_on_integer_div_and_mod',
  'skip_validation',
];

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxImmediateSize',
] as const;

/** Bytes of immediates that kernels use; the size that the specification guarantees. */
const IMMEDIATE_BYTES = 64;

/**
 * Opens a card. An adapter gives one device only, so a card that was lost is opened anew.
 * @throws Error with the reason why there is no usable card
 */
export async function openCard(options: CardOptions): Promise<Card> {
  const gpu = await dawnInstance([
    ...(options.adapter === undefined ? [] : [`adapter=${options.adapter}`]),
    ...(options.validation ? [] : [`enable-dawn-features=${FAST.join(',')}`]),
  ]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new Error('no graphics adapter was found');
  const { info, features } = adapter;
  const limits = adapter.limits as unknown as Record<string, number | undefined>;
  const name = info.device === '' ? info.description : info.device;
  const software = info.isFallbackAdapter || isSoftwareAdapter(`${name} ${info.description}`);
  if (software && !options.software) throw new Error(`${name} computes on the CPU`);
  const requiredLimits: Record<string, number> = {};
  for (const limit of LIMITS) {
    const value = limits[limit];
    if (value !== undefined) requiredLimits[limit] = value;
  }
  const subgroups = features.has('subgroups');
  const { subgroupMinSize = 0, subgroupMaxSize = 0 } = subgroups ? info : {};
  const device = await adapter.requestDevice({
    requiredLimits,
    requiredFeatures: subgroups ? ['subgroups'] : [],
  });
  const card: { -readonly [Part in keyof Card]: Card[Part] } = {
    device,
    name,
    driver: info.description,
    label: `webgpu:${name}:${info.description.replaceAll(':', '')}`,
    software,
    limits: {
      bindingBytes: Math.min(
        options.bindingBytes ?? Infinity,
        adapter.limits.maxBufferSize,
        adapter.limits.maxStorageBufferBindingSize,
      ),
      workgroupBytes: adapter.limits.maxComputeWorkgroupStorageSize,
      threads: Math.min(
        adapter.limits.maxComputeInvocationsPerWorkgroup,
        adapter.limits.maxComputeWorkgroupSizeX,
      ),
      subgroup: [subgroupMinSize, subgroupMaxSize],
      immediates: (limits['maxImmediateSize'] ?? 0) >= IMMEDIATE_BYTES ? IMMEDIATE_BYTES / 4 : 0,
    },
    lost: undefined,
    fault: undefined,
    lostListeners: new Set(),
  };
  void device.lost.then(({ message, reason }) => {
    card.lost = `${reason}: ${message}`;
    for (const listener of card.lostListeners) listener();
  });
  device.onuncapturederror = ({ error }) => (card.fault ??= error.message);
  return card;
}

/**
 * Runs `work` and turns the errors of the calls that it makes before its first `await` into
 * training errors.
 * @throws TrainingError `device-lost`, `out-of-memory`; `compile-failed` for an invalid call, which
 *   is a mistake of this program
 */
export async function guarded<T>(card: Card, work: () => T | Promise<T>): Promise<T> {
  const { device } = card;
  const filters = ['validation', 'internal', 'out-of-memory'] as const;
  for (const filter of filters) device.pushErrorScope(filter);
  const result = outcomeOf(work);
  const [memory, internal, validation] = await Promise.all(
    filters.map(() => device.popErrorScope()),
  );
  const { value, error } = await result;
  if (card.lost !== undefined) throw lostError(card);
  if (memory) throw new TrainingError('out-of-memory', `webgpu: ${memory.message}`);
  const fault = validation ?? internal;
  if (fault) throw faultError(fault.message);
  if (error !== undefined) throw error;
  return value as T;
}

interface Outcome<T> {
  readonly value?: T;
  readonly error?: Error;
}

/** Runs `work`; never rejects, so that the scopes are read first. */
async function outcomeOf<T>(work: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}

export function lostError(card: Card, reason = 'no reason given'): TrainingError {
  const text = `${card.name} was lost: ${card.lost ?? reason}`;
  return new TrainingError('device-lost', `webgpu: ${text}`);
}

/**
 * Waits for a buffer to be mapped, and copies its first `bytes`. Waiting on anything else is not
 * safe: after the loss of a device `onSubmittedWorkDone` resolves.
 * @throws TrainingError `device-lost`; `timed-out` after `timeoutMs`; `compile-failed` for an
 *   invalid call since the last wait
 */
export async function mapped(
  card: Card,
  buffer: GPUBuffer,
  bytes: number,
  timeoutMs = Infinity,
): Promise<ArrayBuffer> {
  let end = (): void => undefined;
  const broken = new Promise<never>((_, reject) => {
    const lost = (): void => reject(lostError(card));
    const late = (): void => {
      const text = `${card.name} did not finish within ${String(timeoutMs)} ms`;
      reject(new TrainingError('timed-out', `webgpu: ${text}`));
    };
    const timer = timeoutMs === Infinity ? undefined : setTimeout(late, timeoutMs);
    card.lostListeners.add(lost);
    end = () => {
      clearTimeout(timer);
      card.lostListeners.delete(lost);
    };
    if (card.lost !== undefined) lost();
  });
  try {
    await Promise.race([broken, buffer.mapAsync(MAP_READ, 0, bytes)]);
  } catch (error) {
    if (error instanceof TrainingError) throw error;
    if (card.fault !== undefined) throw faultError(card.fault);
    // The rejection arrives before the news of the loss that causes it.
    throw lostError(card, error instanceof Error ? error.message : String(error));
  } finally {
    end();
  }
  if (card.fault !== undefined) throw faultError(card.fault);
  const values = buffer.getMappedRange(0, bytes).slice(0);
  buffer.unmap();
  return values;
}

function faultError(fault: string): TrainingError {
  return new TrainingError('compile-failed', `webgpu: ${fault}`);
}

/** Flags of the WebGPU specification; Node has no global objects that hold them. */
export const MAP_READ = 1;
export const USAGE = { mapRead: 1, copySrc: 4, copyDst: 8, uniform: 64, storage: 128 } as const;
