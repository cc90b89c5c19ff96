/** What this machine is made of: taken once, for people to read. Not utilisation, and no judgement of what is missing. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, freemem, platform, release, totalmem } from 'node:os';
import { pathToFileURL } from 'node:url';
import type { Systeminformation } from 'systeminformation';
import { z } from 'zod';

const load = createRequire(import.meta.url);

const gpu = z.object({
  vendor: z.string(),
  model: z.string(),
  /** Megabytes; null: unknown. */
  vram: z.number().nullable().catch(null),
});

/** What is asked of each card, by the library's own names. */
const asked = ['vendor', 'model', 'vram'] satisfies (keyof Systeminformation.GraphicsControllerData & keyof typeof gpu.shape)[];

export type Gpu = Readonly<z.infer<typeof gpu>>;

/** Unknown is not none. */
export type GpuInventory = { readonly known: true; readonly gpus: readonly Gpu[] } | { readonly known: false; readonly reason: string };

export interface Machine {
  readonly platform: string;
  readonly release: string;
  readonly arch: string;
  readonly node: string;
  readonly cpuModel: string | null;
  /** Cores that this process may use. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
}

export function machine(): Machine {
  return {
    platform: platform(),
    release: release(),
    arch: arch(),
    node: process.versions.node,
    cpuModel: cpus()[0]?.model.trim() ?? null,
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
  };
}

/**
 * The graphics cards. It asks in a child: drivers' tools can block for seconds.
 * @param execPath a plain Node
 */
export function gpuInventory(timeoutMs = 8000, execPath = process.execPath): Promise<GpuInventory> {
  const library = pathToFileURL(load.resolve('systeminformation')).href;
  const script = `
    const { default: information } = await import(${JSON.stringify(library)});
    const { controllers } = await information.graphics();
    process.stdout.write(JSON.stringify(controllers, ${JSON.stringify(asked)}));`;
  return new Promise((resolve) => {
    execFile(
      execPath,
      ['--input-type=module', '-e', script],
      { timeout: timeoutMs, killSignal: 'SIGKILL', windowsHide: true },
      (error, stdout) => {
        if (error !== null) {
          resolve({
            known: false,
            reason: error.killed === true ? `the drivers' tools did not answer within ${timeoutMs} ms` : error.message,
          });
          return;
        }
        resolve(parseInventory(stdout));
      },
    );
  });
}

function parseInventory(text: string): GpuInventory {
  try {
    return { known: true, gpus: z.array(gpu).parse(JSON.parse(text)) };
  } catch (error) {
    return { known: false, reason: `the inventory could not be read: ${String(error)}` };
  }
}
