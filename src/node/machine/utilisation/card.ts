/**
 * A graphics card as its source knows it, and what it does now. Which cards there are in all is
 * said by `cards.ts`.
 */
import { Unknown } from './figure.ts';
import type { Figure } from './figure.ts';

export interface CardFigures {
  /** Per cent of the time in which something ran on it. */
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
  /** On the PCI bus, e.g. `0000:41:00.0`; null: not on one, or unknown. */
  readonly address: string | null;
  /** NVIDIA's name for the very card. */
  readonly uuid: string | null;
  readonly vendor: string;
  /** Null: unknown. */
  readonly model: string | null;
  readonly driver: string | null;
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

/** As Linux writes it: `00000000:41:00.0` and `41:00.0` are `0000:41:00.0`. Null: no address. */
export function pciAddress(text: string): string | null {
  const parts = /^(?:([\da-f]{4,8}):)?([\da-f]{2}):([\da-f]{2})\.([\da-f])$/i.exec(text.trim());
  if (parts === null) return null;
  const [, domain = '0', bus = '', device = '', part = ''] = parts;
  return `${parseInt(domain, 16).toString(16).padStart(4, '0')}:${bus}:${device}.${part}`.toLowerCase();
}
