/**
 * Hardware inventory of this machine, taken once. Contains no utilisation and no judgement of what
 * is missing.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { arch, cpus, freemem, hostname, platform, release, totalmem } from 'node:os';
import { pathToFileURL } from 'node:url';
import type { Systeminformation } from 'systeminformation';
import { z } from 'zod';
import { availableCores } from '../../runtime/confinement.ts';
import { killGroup } from '../../runtime/process-group.ts';
import { Tail } from '../../runtime/tail.ts';

const load = createRequire(import.meta.url);

const text = z.string().trim().min(1);
const optional = text.nullable().catch(null);

export interface Gpu {
  readonly vendor: string;
  readonly model: string;
  /** Mebibytes; null: unknown. */
  readonly vram: number | null;
  /** The driver's version; null: unknown. */
  readonly driver: string | null;
  /** On the PCI bus, e.g. `41:00.0`; null: unknown. */
  readonly busAddress: string | null;
}

/** Fields read of each card, by the names of `systeminformation`. */
const asked = [
  'vendor',
  'model',
  'vram',
  'driverVersion',
  'busAddress',
  'pciBus',
  'memoryTotal',
] as const satisfies (keyof Systeminformation.GraphicsControllerData)[];

const gpu = z
  .object({
    vendor: z.string(),
    model: z.string(),
    vram: z.number().nullable().catch(null),
    driverVersion: optional,
    busAddress: optional,
    pciBus: optional,
    memoryTotal: z.number().nullable().catch(null),
  } satisfies Record<(typeof asked)[number], z.ZodType>)
  .transform(({ vendor, model, vram, driverVersion, busAddress, pciBus, memoryTotal }): Gpu => ({
    vendor,
    model,
    vram: memoryTotal ?? (vram !== null && isMemory(vram) ? vram : null),
    driver: driverVersion,
    busAddress: busAddress ?? pciBus,
  }));

/**
 * Returns whether a number can be a card's memory: where Windows has a 32-bit field only, it is
 * just below 4096 MiB for every larger card.
 */
function isMemory(vram: number): boolean {
  return vram > 0 && !(vram > 4094 && vram < 4096);
}

const parts = {
  /** For example `AMD EPYC`, and the number of physical cores; null: unknown. */
  processor: z.object({ model: text, physicalCores: z.int().min(1).nullable().catch(null) }),
  /** E.g. `Debian GNU/Linux 12`. */
  system: z.object({ name: text }),
  graphics: z.object({ gpus: z.array(gpu) }),
};

type Parts = { readonly [Part in keyof typeof parts]: Readonly<z.infer<(typeof parts)[Part]>> };

/** A value, or the reason why it is unknown. Unknown is different from none. */
export type Known<T> =
  ({ readonly known: true } & T) | { readonly known: false; readonly reason: string };

export type GpuInventory = Known<Parts['graphics']>;

export type Inventory = { readonly [Part in keyof Parts]: Known<Parts[Part]> };

export interface Machine {
  readonly platform: string;
  readonly release: string;
  readonly arch: string;
  readonly node: string;
  readonly cpuModel: string | null;
  /** Number of cores that this process may use. */
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
    cores: availableCores(),
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
  };
}

/** Host name without a domain. */
export function hostName(name: string = hostname()): string {
  return /^[\d.]+$/.test(name) ? name : (name.split('.')[0] ?? name);
}

const answer = z.object({ part: z.enum(['processor', 'system', 'graphics']), value: z.unknown() });

/**
 * Takes the inventory in a child process, because drivers and their tools can block for seconds. A
 * part that does not arrive in time is unknown; the other parts are kept.
 * @param execPath a plain Node
 * @param signal aborts the inventory and ends the child
 */
export function takeInventory(
  timeoutMs = 8000,
  execPath = process.execPath,
  signal?: AbortSignal,
): Promise<Inventory> {
  const library = pathToFileURL(load.resolve('systeminformation')).href;
  const child = spawn(execPath, ['--input-type=module', '-e', script(library)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that the tools it started end with it.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  return new Promise((resolve) => {
    const lastWords = new Tail();
    let output = '';
    let failure: string | null = null;
    const giveUp = (reason: string): void => {
      failure = reason;
      killGroup(child.pid, 'SIGKILL');
      // A tool that hangs in its driver may keep the pipe open for ever.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const abandon = (): void => giveUp('it was ended');
    const timer = setTimeout(
      () => giveUp(`the drivers' tools did not answer within ${timeoutMs} ms`),
      timeoutMs,
    );
    signal?.addEventListener('abort', abandon, { once: true });
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    child.stderr.on('data', (chunk: Buffer) => lastWords.add(chunk));
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abandon);
      resolve(
        parseInventory(
          output,
          failure ?? (lastWords.text().trim() || "the drivers' tools ended without an answer"),
        ),
      );
    };
    child.once('error', (error) => {
      failure = error.message;
      end();
    });
    child.once('close', end);
  });
}

/**
 * Script of the child: prints one line for each part as soon as it is known; graphics cards last,
 * since they may block.
 */
function script(library: string): string {
  return `
    const { default: information } = await import(${JSON.stringify(library)});
    const report = (part, value) => process.stdout.write(JSON.stringify({ part, value }) + '\\n');
    const { manufacturer, brand, physicalCores } = await information.cpu();
    report('processor', { model: manufacturer + ' ' + brand, physicalCores });
    const { distro, release } = await information.osInfo();
    report('system', { name: distro + ' ' + release });
    const { controllers } = await information.graphics();
    // On Linux, it is the size of a window into the memory.
    if (process.platform === 'linux') for (const card of controllers) card.vram = null;
    const gpus = controllers.map((card) => Object.fromEntries(${JSON.stringify(asked)}.map((name) => [name, card[name]])));
    report('graphics', { gpus });`;
}

/** @param missing reason for parts that are absent */
export function parseInventory(output: string, missing: string): Inventory {
  const unknown = { known: false, reason: missing } as const;
  const inventory: { -readonly [Part in keyof Inventory]: Inventory[Part] } = {
    processor: unknown,
    system: unknown,
    graphics: unknown,
  };
  for (const line of output.split('\n')) {
    if (line.trim() === '') continue;
    try {
      const { part, value } = answer.parse(JSON.parse(line));
      Object.assign(inventory, { [part]: { known: true, ...parts[part].parse(value) } });
    } catch (error) {
      const reason = `the inventory could not be read: ${String(error)}`;
      for (const part of Object.keys(parts) as (keyof Parts)[]) {
        if (!inventory[part].known) inventory[part] = { known: false, reason };
      }
    }
  }
  return inventory;
}
