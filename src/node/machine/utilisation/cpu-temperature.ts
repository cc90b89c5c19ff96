/**
 * Temperature of the processor in °C where Linux reports it in `/sys`; of several packages the
 * hottest.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Unknown } from './figure.ts';
import type { Figure } from './figure.ts';
import { KeptFile } from './kept-file.ts';

/**
 * Sensor drivers of processors and the labels that stand for the whole package; the first label
 * found is used.
 */
const DRIVERS: Readonly<Record<string, readonly RegExp[]>> = {
  coretemp: [/^Package id/],
  // Tctl of some Ryzen is the temperature plus an offset for the fan; Tdie is the temperature.
  k10temp: [/^Tdie$/, /^Tctl$/],
  zenpower: [/^Tdie$/, /^Tctl$/],
  k8temp: [],
  via_cputemp: [],
  cpu_thermal: [],
};

const ZONES = /^(x86_pkg_temp|cpu[-_]?thermal|soc[-_]?thermal|cpu[\w-]*thermal)/;

const MILLI = 1e-3;

export class CpuTemperature {
  readonly #platform: NodeJS.Platform;
  readonly #sys: string;
  #sensors: Promise<readonly KeptFile[]> | null = null;

  constructor(platform: NodeJS.Platform = process.platform, sys = '/sys') {
    this.#platform = platform;
    this.#sys = sys;
  }

  async read(): Promise<Figure> {
    if (this.#platform !== 'linux') return new Unknown('it is read on Linux only');
    const sensors = await (this.#sensors ??= findSensors(this.#sys));
    if (sensors.length === 0)
      return new Unknown(`the system shows no sensor of the processor in ${this.#sys}`);
    const read = await Promise.all(sensors.map((sensor) => sensor.number(MILLI)));
    const known = read.filter((figure) => typeof figure === 'number');
    return known.length > 0 ? Math.max(...known) : (read[0] ?? new Unknown('no sensor answers'));
  }

  async close(): Promise<void> {
    for (const sensor of (await this.#sensors) ?? []) await sensor.close();
  }
}

async function findSensors(sys: string): Promise<readonly KeptFile[]> {
  const folders = (await names(join(sys, 'class/hwmon'))).map((name) =>
    join(sys, 'class/hwmon', name),
  );
  const monitors = await Promise.all(
    folders.map(async (folder) => ({ folder, driver: await text(join(folder, 'name')) })),
  );
  for (const [driver, labels] of Object.entries(DRIVERS)) {
    const own = monitors.filter((monitor) => monitor.driver === driver);
    const sensors = (
      await Promise.all(own.map(({ folder }) => packageSensors(folder, labels)))
    ).flat();
    if (sensors.length > 0) return sensors.map((path) => new KeptFile(path));
  }
  const zones = (await names(join(sys, 'class/thermal'))).map((name) =>
    join(sys, 'class/thermal', name),
  );
  const types = await Promise.all(zones.map((zone) => text(join(zone, 'type'))));
  return zones
    .filter((_, i) => ZONES.test(types[i] ?? ''))
    .map((zone) => new KeptFile(join(zone, 'temp')));
}

/** Returns the sensors with the first label that exists, else all. */
async function packageSensors(
  folder: string,
  labels: readonly RegExp[],
): Promise<readonly string[]> {
  const inputs = (await names(folder)).filter((name) => /^temp\d+_input$/.test(name));
  const labelled = await Promise.all(
    inputs.map(async (input) => ({
      input,
      label: await text(join(folder, input.replace('_input', '_label'))),
    })),
  );
  const chosen =
    labels
      .map((wanted) => labelled.filter(({ label }) => wanted.test(label)))
      .find(({ length }) => length > 0) ?? labelled;
  return chosen.map(({ input }) => join(folder, input));
}

async function names(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

/** Returns the file's text; empty if there is no such file. */
async function text(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim();
}
