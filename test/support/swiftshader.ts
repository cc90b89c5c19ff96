/** The software GPU of tests: SwiftShader of Debian's Chromium. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const FOLDER = '/usr/lib/chromium';

/**
 * Environment in which a process finds it as its only card. The loader's path must be set when the
 * process starts.
 */
export const swiftshader = {
  VK_ICD_FILENAMES: `${FOLDER}/vk_swiftshader_icd.json`,
  LD_LIBRARY_PATH: FOLDER,
  XDG_RUNTIME_DIR: tmpdir(),
  GALAPAGOS_WEBGPU_FALLBACK: '1',
} as const;

/** Reason why it cannot be used here; null: it can. */
export function missingSwiftshader(): string | null {
  return existsSync(swiftshader.VK_ICD_FILENAMES)
    ? null
    : `no software GPU (Debian's chromium has one): ${swiftshader.VK_ICD_FILENAMES} is not there`;
}
