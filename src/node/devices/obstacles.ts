/**
 * Reasons why an executor does not work on a graphics card, and what to do. Pure. The first
 * obstacle that applies is reported, because the later ones follow from it.
 */
import type { CardAccess } from './card-access.ts';

export interface Obstacle {
  readonly reason: string;
  readonly remedy: string | null;
}

/** The facts of a card that obstacles depend on. */
export interface CardFacts {
  readonly vendor: string;
  /** Version of the vendor's driver; null: unknown. */
  readonly driver: string | null;
  readonly uuid: string | null;
  readonly partitioned: boolean;
  /** Null: unknown, as on systems other than Linux. */
  readonly access: CardAccess | null;
  /** True if nvidia-smi reports another card of the machine, but not this one. */
  readonly hidden: boolean;
  /** Reason why the vendor's driver reports nothing; null: it does, or no driver was asked. */
  readonly silence: string | null;
}

/** Obstacles of cards on a machine where `CUDA_VISIBLE_DEVICES` leaves some of them out. */
export const LEFT_OUT = {
  card: {
    reason: 'the variable CUDA_VISIBLE_DEVICES leaves this card out',
    remedy: 'start Galapagos without the variable, or with this card in it',
  },
  /** WebGPU might use the twin. */
  twin: {
    reason:
      'CUDA_VISIBLE_DEVICES leaves out a card of the same model, which cannot be told apart from this one',
    remedy: 'use TensorFlow with CUDA, or have the scheduler hide the device files of other cards',
  },
} as const satisfies Record<string, Obstacle>;

/**
 * CUDA 12 runs on this driver and later ones (CUDA 12 release notes, minor version compatibility).
 */
const CUDA_12_DRIVER = [525, 60, 13] as const;

const NVIDIA_DRIVER =
  'install NVIDIA’s driver (Debian: apt install nvidia-driver; Ubuntu: ubuntu-drivers install) and restart';

/** An obstacle for every executor; null: the system gives access to the card. */
export function accessObstacle({ vendor, access, hidden }: CardFacts): Obstacle | null {
  if (hidden)
    return {
      reason: 'the NVIDIA driver does not show this card to programs here, only other ones',
      remedy: 'in a container, start it with access to this card (docker run --gpus all)',
    };
  if (access === null) return null;
  const { kernelDriver, refused } = access;
  if (kernelDriver === null)
    return {
      reason: 'no driver is loaded for the card',
      remedy:
        vendor === 'NVIDIA'
          ? NVIDIA_DRIVER
          : `update the kernel and its firmware, which contain the driver (${vendor === 'AMD' ? 'amdgpu' : 'i915 or xe'})`,
    };
  if (/^(vfio-pci|pci-stub|xen-pciback)$/.test(kernelDriver))
    return {
      reason: `the card is reserved for virtual machines (${kernelDriver})`,
      remedy: 'bind it to its own driver, or run Galapagos in the virtual machine',
    };
  if (refused === null) return null;
  return refused.why === 'absent'
    ? {
        reason: `${refused.path} does not exist`,
        remedy: `in a container, start it with access to the card (docker run ${vendor === 'NVIDIA' ? '--gpus all' : '--device /dev/dri'}); otherwise load the driver again`,
      }
    : {
        reason: `no permission to open ${refused.path}`,
        remedy: 'run sudo usermod -aG render,video $USER, then log out and in again',
      };
}

/** Adapters of the machine, as far as the reason for a missing one depends on them. */
export interface AdapterFacts {
  /** Reason why there are none; null: there are some. */
  readonly reason: string | null;
  readonly remedy: string | null;
  readonly software: readonly string[];
  /** Adapters of this card's vendor that were not assigned to a card. */
  readonly unassigned: readonly string[];
}

/** Returns why WebGPU has no adapter for the card. */
export function webgpuObstacle(card: CardFacts, adapters: AdapterFacts): Obstacle {
  const denied = accessObstacle(card);
  if (denied !== null) return denied;
  if (card.partitioned)
    return {
      reason: 'the card is divided by MIG, which graphics interfaces do not support',
      remedy: 'turn MIG off (nvidia-smi -mig 0), or use TensorFlow with CUDA',
    };
  if (card.access?.kernelDriver === 'nouveau')
    return { reason: 'the nouveau driver offers no WebGPU adapter here', remedy: NVIDIA_DRIVER };
  if (card.vendor === 'NVIDIA' && /version mismatch/i.test(card.silence ?? ''))
    return {
      reason: 'the NVIDIA driver was updated while it was loaded (version mismatch)',
      remedy: 'restart this machine',
    };
  if (adapters.reason !== null) return { reason: adapters.reason, remedy: adapters.remedy };
  if (adapters.unassigned.length > 0)
    return {
      reason: `the names of the adapters do not tell which one is this card: ${adapters.unassigned.join(', ')}`,
      remedy: null,
    };
  const remedy =
    card.vendor === 'NVIDIA'
      ? 'install the driver’s graphics libraries (libnvidia-gl on Ubuntu, nvidia-vulkan-icd on Debian; in a container NVIDIA_DRIVER_CAPABILITIES=all)'
      : card.vendor === 'AMD' || card.vendor === 'Intel'
        ? 'install Mesa’s Vulkan drivers (mesa-vulkan-drivers), or update the card’s driver'
        : 'update the system';
  return adapters.software.length > 0
    ? {
        reason: `only an adapter that computes on the CPU was found (${adapters.software.join(', ')})`,
        remedy,
      }
    : { reason: 'no driver lists a WebGPU adapter for this card', remedy };
}

/** State of the TensorFlow installation. */
export type TensorflowState =
  | {
      readonly state: 'works';
      readonly version: string;
      readonly cuda: boolean;
      /** True if TensorFlow finds a card. */
      readonly findsCard: boolean;
    }
  | { readonly state: 'absent' | 'broken'; readonly reason: string };

const INSTALL = 'galapagos backend install tensorflow';

/** Returns why TensorFlow with CUDA does not work on the card; null: it does. */
export function cudaObstacle(
  card: CardFacts,
  tensorflow: TensorflowState,
  platform: string,
): Obstacle | null {
  if (card.vendor !== 'NVIDIA')
    return { reason: 'TensorFlow uses cards of NVIDIA only', remedy: null };
  if (platform !== 'linux')
    return { reason: 'TensorFlow with CUDA runs on Linux only', remedy: null };
  const denied = accessObstacle(card);
  if (denied !== null) return denied;
  if (card.access?.kernelDriver === 'nouveau')
    return { reason: 'CUDA does not work with the nouveau driver', remedy: NVIDIA_DRIVER };
  if (card.driver !== null && isOlder(card.driver, CUDA_12_DRIVER))
    return {
      reason: `driver ${card.driver} is too old for CUDA 12`,
      remedy: `install NVIDIA driver ${CUDA_12_DRIVER.join('.')} or later`,
    };
  if (tensorflow.state !== 'works')
    return tensorflow.state === 'absent'
      ? { reason: 'not installed', remedy: `${INSTALL} --cuda` }
      : { reason: tensorflow.reason, remedy: `${INSTALL} --cuda installs it again` };
  if (!tensorflow.cuda)
    return { reason: 'installed without CUDA', remedy: `${INSTALL} --cuda replaces it` };
  return tensorflow.findsCard
    ? null
    : { reason: 'TensorFlow finds no card', remedy: 'check the NVIDIA driver with nvidia-smi' };
}

function isOlder(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  for (const [i, wanted] of least.entries()) {
    const part = parts[i] ?? 0;
    if (Number.isNaN(part) || part !== wanted) return part < wanted;
  }
  return false;
}
