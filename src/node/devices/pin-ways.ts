/**
 * Ways to let a process see only one of several cards of the same model, for WebGPU on Linux. Which
 * of them works depends on the driver, so `choose-pin` tries them.
 */
import { execFile } from 'node:child_process';

/** In the order in which they are tried. */
export const PIN_WAYS = ['layer', 'hidden'] as const;
export type PinWay = (typeof PIN_WAYS)[number];

/** One of several cards of the same model. */
export interface TwinCard {
  /** `gpu/0`. */
  readonly device: string;
  readonly address: string | null;
  /** Device files of this card alone. */
  readonly files: readonly string[];
}

/** Changes to how a process is started, so that it sees one card. */
export interface ProcessPin {
  readonly environment: Readonly<Record<string, string>>;
  /** Program and arguments before the command; empty: none. */
  readonly command: readonly string[];
}

/** Restricts a process to `card`. @param twins all cards of its model */
export function processPin(way: PinWay, card: TwinCard, twins: readonly TwinCard[]): ProcessPin {
  if (way === 'layer')
    return {
      environment: card.address === null ? {} : { DRI_PRIME: primeName(card.address) },
      command: [],
    };
  const hidden = twins.filter(({ device }) => device !== card.device).flatMap(({ files }) => files);
  return { environment: {}, command: hiding(hidden) };
}

/** The name by which Mesa's device-select layer knows a card: `pci-0000_41_00_0`. */
function primeName(address: string): string {
  return `pci-${address.replaceAll(/[:.]/g, '_')}`;
}

const NAMESPACES = ['unshare', '--user', '--map-root-user', '--mount', '--'] as const;

/**
 * Starts a command in a mount namespace where `/dev/null` lies over the files. The process id stays
 * that of the first program, because each one replaces its predecessor.
 */
function hiding(files: readonly string[]): string[] {
  const mounts = files.map((file) => `mount --bind /dev/null '${file}'`);
  return [...NAMESPACES, 'sh', '-c', [...mounts, 'exec "$@"'].join(' && '), 'sh'];
}

/** Returns why this user may not hide device files from a process; null: this works. */
export function namespaceObstacle(timeoutMs = 5000): Promise<string | null> {
  const [program, ...args] = [...NAMESPACES, 'mount', '--bind', '/dev/null', '/dev/null'];
  return new Promise((resolve) => {
    execFile(program, args, { timeout: timeoutMs, encoding: 'utf8' }, (error, _, stderr) => {
      if (error === null) resolve(null);
      else if (error.code === 'ENOENT') resolve('unshare is not installed');
      else resolve(`this system refuses user namespaces (${stderr.trim().split('\n')[0] ?? ''})`);
    });
  });
}

/** Facts that decide which ways can be tried. */
export interface WayFacts {
  /** True if Mesa's device-select layer is installed. */
  readonly selectLayer: boolean;
  /** Reason why device files cannot be hidden; null: they can. */
  readonly namespaces: string | null;
}

/** Returns why a way cannot work for these cards; null: it may. */
export function wayObstacle(
  way: PinWay,
  twins: readonly TwinCard[],
  { selectLayer, namespaces }: WayFacts,
): string | null {
  if (way === 'layer') {
    if (!selectLayer)
      return 'Mesa’s device-select layer (package mesa-vulkan-drivers) is not installed';
    return twins.some(({ address }) => address === null) ? 'a bus address is unknown' : null;
  }
  if (namespaces !== null) return namespaces;
  return twins.some(({ files }) => files.length === 0) ? 'a card has no device file' : null;
}
