/**
 * A graphics card as its source identifies it, with its current figures. `cards.ts` combines the
 * sources into the list of all cards.
 */
import { Unknown } from './figure.ts';
import type { Figure } from './figure.ts';

export interface CardFigures {
  /** Per cent of the time in which a kernel ran on it. */
  readonly load: Figure;
  readonly memoryBytes: Figure;
  readonly memoryTotalBytes: Figure;
  /** °C. */
  readonly temperature: Figure;
  /** W. */
  readonly power: Figure;
  readonly powerLimit: Figure;
}

export interface Card {
  /** PCI address, for example `0000:41:00.0`; null: not on the PCI bus, or unknown. */
  readonly address: string | null;
  /** NVIDIA's unique id of the card. */
  readonly uuid: string | null;
  readonly vendor: string;
  /** Null: unknown. */
  readonly model: string | null;
  readonly driver: string | null;
  /** Power limit that the maker set, in watts; null or absent: unknown. */
  readonly powerDefault?: number | null;
  readonly figures: CardFigures;
}

export function unknownFigures(reason: string): CardFigures {
  const unknown = new Unknown(reason);
  return {
    load: unknown,
    memoryBytes: unknown,
    memoryTotalBytes: unknown,
    temperature: unknown,
    power: unknown,
    powerLimit: unknown,
  };
}

/**
 * Normalises a PCI address to Linux's form: `00000000:41:00.0` and `41:00.0` are `0000:41:00.0`.
 * Null: not an address.
 */
export function pciAddress(text: string): string | null {
  const parts = /^(?:([\da-f]{4,8}):)?([\da-f]{2}):([\da-f]{2})\.([\da-f])$/i.exec(text.trim());
  if (parts === null) return null;
  const [, domain = '0', bus = '', device = '', part = ''] = parts;
  return `${parseInt(domain, 16).toString(16).padStart(4, '0')}:${bus}:${device}.${part}`.toLowerCase();
}
