/** Names the NVIDIA card that CUDA shows this process, from the driver's files. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const CARDS = '/proc/driver/nvidia/gpus';

/**
 * Returns the model of the card that `CUDA_VISIBLE_DEVICES` names by its unique id, else of the
 * first card in the order of the bus; `cuda` where it cannot be read.
 */
export function visibleCardName(
  visible: string | undefined = process.env['CUDA_VISIBLE_DEVICES'],
  folder = CARDS,
): string {
  let cards: readonly string[];
  try {
    cards = readdirSync(folder)
      .sort()
      .map((address) => readFileSync(join(folder, address, 'information'), 'utf8'));
  } catch {
    return 'cuda';
  }
  const uuid = /^GPU-[\da-f-]+/i.exec(visible ?? '')?.[0].toLowerCase();
  // An instance of a divided card does not say which card it is of.
  if (uuid === undefined && visible?.startsWith('MIG-') === true && cards.length > 1) return 'cuda';
  const card =
    uuid === undefined
      ? cards[0]
      : cards.find((text) => field(text, 'GPU UUID')?.toLowerCase().startsWith(uuid) === true);
  return (card === undefined ? undefined : field(card, 'Model')) ?? 'cuda';
}

function field(information: string, name: string): string | undefined {
  return new RegExp(`^${name}:\\s*(.+?)\\s*$`, 'm').exec(information)?.[1];
}
