/** `galapagos devices`. */
import { createLogUpdate } from 'log-update';
import type { Command } from 'commander';
import type { DeviceWatch } from '../../node/devices/watch-devices.ts';
import { watchUtilisation } from '../../node/machine/utilisation.ts';
import { watchThisMachine } from '../../studies/this-machine.ts';
import { deviceLines } from '../display/device-lines.ts';
import { wrapped } from '../display/wrap.ts';
import { print, printJson, widthOf } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { onInterrupt } from '../process/interrupt.ts';
import { onOutputLost } from '../process/lost-output.ts';

interface Options {
  readonly json?: boolean;
  readonly watch?: boolean;
}

export function addDevices(program: Command, context: Context): void {
  program
    .command('devices')
    .description(
      'list the CPU and GPUs of this machine, their load, and the executors that work on each',
    )
    .option('--watch', 'update the list once a second until Ctrl-C')
    .option('--json', 'print one JSON document; with --watch, one on each line')
    .addHelpText(
      'after',
      `
An executor that does not work is listed with the reason and, after →, what to do. A figure that cannot be read is listed as
unknown, with the reason. With --watch, a GPU that is added or removed is noticed within 10 s (on Linux). The JSON format is
galapagos-devices/1, described by resources/schemas/devices.schema.json.

Examples:
  galapagos devices
  galapagos devices --watch
  galapagos devices --json`,
    )
    .action(async (options: Options) => {
      await list(context, options);
    });
}

/** Samples that a driver gets to report its first figures. */
const FIRST_SAMPLES = 4;

async function list(context: Context, { json = false, watch = false }: Options): Promise<void> {
  let sampled: () => void = () => undefined;
  const utilisation = watchUtilisation({ node: 'local', onSample: () => sampled() });
  const { env } = context.streams;
  const devices = watchThisMachine({ utilisation, userFolder: context.userFolder, env });
  const stopping = new AbortController();
  const stop = (): void => {
    stopping.abort();
    sampled();
  };
  const stopListening = [onInterrupt(stop), onOutputLost(stop)];
  const nextSample = (): Promise<void> => new Promise((resolve) => (sampled = resolve));
  try {
    await devices.ready;
    for (let i = 0; i < FIRST_SAMPLES && !stopping.signal.aborted; i += 1) {
      await nextSample();
      if (!expectsFigures(devices)) break;
    }
    const show = shower(context, json, watch);
    while (!stopping.signal.aborted) {
      show(devices);
      if (!watch) break;
      await nextSample();
    }
  } finally {
    for (const each of stopListening) each();
    await utilisation.stop();
  }
}

/** Returns whether a card with a driver has not reported its first figures yet. */
function expectsFigures(devices: DeviceWatch): boolean {
  return devices
    .list()
    .devices.some(({ unknown }) => unknown['load']?.endsWith('does not tell of this card'));
}

function shower(context: Context, json: boolean, watch: boolean): (devices: DeviceWatch) => void {
  if (json) return (devices) => printJson(context, devices.list());
  const { stdout } = context.streams;
  const lines = (devices: DeviceWatch): string[] =>
    deviceLines(devices.list()).map((line) => wrapped(line, widthOf(context)));
  if (watch && stdout.isTTY === true) {
    const live = createLogUpdate(stdout);
    return (devices) => live(lines(devices).join('\n'));
  }
  let first = true;
  return (devices) => {
    print(context, [...(first ? [] : ['']), ...lines(devices)]);
    first = false;
  };
}
