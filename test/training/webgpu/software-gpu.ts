/**
 * A software GPU for tests: SwiftShader of Debian's Chromium, in the environment of Vitest's
 * project `gpu`.
 */
import { describe, test } from 'vitest';
import { openCard, type Card } from '../../../src/training/executors/webgpu/device.ts';

let card: Card | undefined;
let reason = '';
try {
  card = await openSoftwareCard();
} catch (error) {
  reason = error instanceof Error ? error.message : String(error);
}

/** Opens a card of its own, which a test may lose. */
export function openSoftwareCard(): Promise<Card> {
  return openCard({ software: true, validation: true });
}

/** Declares tests if there is a software GPU; otherwise one that is skipped with the reason. */
export function whereGpu(name: string, declare: () => void): void {
  if (card !== undefined) describe(name, declare);
  else test(name, ({ skip }) => skip(`no software GPU (Debian's chromium has one): ${reason}`));
}
