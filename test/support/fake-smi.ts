/** Replaces `nvidia-smi`; the test defines what it writes and when it ends. */
import { EventEmitter } from 'node:events';
import type {
  SmiProcess,
  SmiStream,
  StartSmi,
} from '../../src/node/machine/utilisation/nvidia-smi.ts';

class FakeStream extends EventEmitter implements SmiStream {
  readonly setEncoding = (): void => undefined;
  readonly destroy = (): void => undefined;
}

export class FakeSmi extends EventEmitter implements SmiProcess {
  readonly stdout = new FakeStream();
  readonly stderr = new FakeStream();
  readonly pid = 4711;
  readonly signals: string[] = [];

  kill(signal: NodeJS.Signals): void {
    this.signals.push(signal);
  }

  readonly unref = (): void => undefined;

  write(text: string): void {
    this.stdout.emit('data', text);
  }

  end(code: number | null, signal: NodeJS.Signals | null = null): void {
    this.emit('close', code, signal);
  }
}

/** Starts replacements and records them with their command lines. */
export function fakeSmi(): {
  readonly start: StartSmi;
  readonly started: FakeSmi[];
  readonly lines: (readonly string[])[];
} {
  const started: FakeSmi[] = [];
  const lines: (readonly string[])[] = [];
  return {
    started,
    lines,
    start: (file, args) => {
      const child = new FakeSmi();
      started.push(child);
      lines.push([file, ...args]);
      return child;
    },
  };
}

/**
 * Output of a machine with two GPUs each second: an H100, and a GeForce whose driver reports no
 * load.
 */
export const H100 =
  'GPU-4f6c0a55-9a1b-6a40-3a0e-0f3d1b1a7c11, 00000000:41:00.0, 570.124.06, 94, 9216, 81559, 58, 412.37, 700.00, 700.00, NVIDIA H100 80GB HBM3';
export const GEFORCE =
  'GPU-8fe3a97d-51f6-a669-0d80-b4530b81b816, 00000000:C1:00.0, 570.124.06, [N/A], 10240, 12288, 54, [Not Supported], 320.00, 320.00, NVIDIA GeForce RTX 3080';
