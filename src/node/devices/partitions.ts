/** Reads the instances of NVIDIA cards in MIG mode from `nvidia-smi -L`. */
import { execFile } from 'node:child_process';

export interface Partition {
  /** Profile, such as `3g.20gb`. */
  readonly name: string;
  /** As CUDA accepts it. */
  readonly uuid: string;
}

/** Instances by the card's unique id. Cards without instances are absent. */
export function parsePartitions(text: string): ReadonlyMap<string, readonly Partition[]> {
  const found = new Map<string, Partition[]>();
  let card: string | null = null;
  for (const line of text.split(/\r?\n/)) {
    const [, uuid] = /^GPU \d+:.*\(UUID: (GPU-[\da-f-]+)\)/i.exec(line) ?? [];
    if (uuid !== undefined) card = uuid;
    const [, name, instance] =
      /^\s+MIG (\S+)\s+Device\s+\d+:\s+\(UUID: (MIG-[^)]+)\)/i.exec(line) ?? [];
    if (card === null || name === undefined || instance === undefined) continue;
    found.set(card, [...(found.get(card) ?? []), { name, uuid: instance }]);
  }
  return found;
}

const PROGRAM = 'nvidia-smi';

/** Output of `nvidia-smi -L`; empty where it fails. */
export function listPartitions(timeoutMs = 5000): Promise<string> {
  return new Promise((resolve) => {
    execFile(PROGRAM, ['-L'], { timeout: timeoutMs, windowsHide: true }, (error, stdout) =>
      resolve(error === null ? stdout : ''),
    );
  });
}
