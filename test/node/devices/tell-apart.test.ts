/**
 * Cards of one model are told apart by the load of a process that is restricted to one of them. The
 * library is a fake, which picks a card as a driver does and writes its load; the processes, the
 * environment and the namespaces are real.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PinRecord } from '../../../src/node/devices/pin-record.ts';
import { namespaceObstacle, processPin } from '../../../src/node/devices/pin-ways.ts';
import type { TwinCard } from '../../../src/node/devices/pin-ways.ts';
import { tellApart } from '../../../src/node/devices/tell-apart.ts';
import type { LastSample, TellApart } from '../../../src/node/devices/tell-apart.ts';
import type { NodeSample } from '../../../src/protocol/window/telemetry.ts';
import { systemTimer } from '../../../src/runtime/timer.ts';
import type { Timer } from '../../../src/runtime/timer.ts';
import { skipIf } from '../../support/platform.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const refused = await namespaceObstacle();

/**
 * A driver that uses the first card whose device file is one, or with Mesa's layer the card that
 * `DRI_PRIME` names. Its load is the content of a file, until the process ends.
 */
const LIBRARY = `
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
const folder = process.env.FAKE_CARDS;
const starts = folder + '/starts';
export const create = ([option]) => ({
  requestAdapter: async () => {
    writeFileSync(starts, 'x', { flag: 'a' });
    const layer = process.env.FAKE_LAYER === '1' ? /pci-0000_0(\\d)/.exec(process.env.DRI_PRIME ?? '') : null;
    const seen = [1, 2].filter((n) => readFileSync(folder + '/node' + n, 'latin1') !== '');
    const card = layer === null ? seen[0] : Number(layer[1]);
    return {
      requestDevice: async () => ({
        createShaderModule: () => ({}),
        createComputePipeline: () => ({ getBindGroupLayout: () => ({}) }),
        createBuffer: () => ({}),
        createBindGroup: () => ({}),
        createCommandEncoder: () => ({
          beginComputePass: () => ({ setPipeline() {}, setBindGroup() {}, dispatchWorkgroups() {}, end() {} }),
          finish: () => ({}),
        }),
        queue: {
          submit: () => writeFileSync(folder + '/busy', String(card)),
          onSubmittedWorkDone: () => new Promise((resolve) => setTimeout(resolve, 20)),
        },
      }),
    };
  },
});`;

/** A timer whose time passes when somebody waits. */
function hastyTimer(): Timer {
  let now = 0;
  return {
    now: () => now,
    after(ms, callback) {
      now += ms;
      queueMicrotask(callback);
      return () => undefined;
    },
  };
}

interface Machine {
  readonly cards: readonly TwinCard[];
  readonly tell: TellApart;
  readonly lastSample: LastSample;
  /** Number of processes that were started. */
  readonly starts: () => number;
  readonly records: string;
}

/** A machine with two cards of one model. @param load of both cards without our processes */
function machine({ load = 0, layer = false, timer = systemTimer } = {}): Machine {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  const cards = [1, 2].map((n): TwinCard => {
    const file = folder.file(`node${n}`);
    writeFileSync(file, `card ${n}`);
    return { device: `gpu/${n - 1}`, address: `0000:0${n}:00.0`, files: [file] };
  });
  writeFileSync(folder.file('library.mjs'), LIBRARY);
  const env = { FAKE_CARDS: folder.path, FAKE_LAYER: layer ? '1' : '0' };
  Object.assign(process.env, env);
  onTestFinished(() => {
    for (const name of Object.keys(env)) Reflect.deleteProperty(process.env, name);
  });
  const records = folder.file('pins');
  // The load is that of the card that computed since the last look.
  const lastSample = (): NodeSample => {
    const file = folder.file('busy');
    const busy = existsSync(file) ? readFileSync(file, 'utf8') : '';
    writeFileSync(file, '');
    return {
      devices: cards.map(({ device }, i) => ({
        device,
        load: busy === String(i + 1) ? 97 : load,
        power: null,
      })),
    } as unknown as NodeSample;
  };
  return {
    cards,
    lastSample,
    tell: tellApart({
      record: new PinRecord(records),
      library: folder.file('library.mjs'),
      timer,
    }),
    starts: () => {
      const file = folder.file('starts');
      return existsSync(file) ? readFileSync(file).length : 0;
    },
    records,
  };
}

describe('Devices: cards of one model', () => {
  it('takes the layer where each card gets a process of its own by it, and remembers that', async () => {
    const { cards, tell, lastSample, starts, records } = machine({ layer: true });
    const group = { adapter: 'A card', cards, driver: '550' };
    const facts = { selectLayer: true, namespaces: 'refused' };
    expect(await tell(group, facts, lastSample)).toEqual({ way: 'layer', failed: [] });
    expect(starts()).toBe(2);
    expect(await tell(group, facts, lastSample)).toEqual({ way: 'layer', failed: [] });
    expect(starts()).toBe(2);
    // Another driver is tried again, as is a damaged record.
    await tell({ ...group, driver: '560' }, facts, lastSample);
    expect(starts()).toBe(4);
    for (const name of readdirSync(records)) writeFileSync(`${records}/${name}`, '{');
    await tell(group, facts, lastSample);
    expect(starts()).toBe(6);
  });

  it('hides device files where the layer has no effect', async (context) => {
    skipIf(refused, context);
    const { cards, tell, lastSample } = machine();
    const facts = { selectLayer: true, namespaces: null };
    expect(await tell({ adapter: 'A card', cards, driver: null }, facts, lastSample)).toEqual({
      way: 'hidden',
      failed: ['with Mesa’s device-select layer for GPU 1, a process used GPU 0'],
    });
  });

  it('reports every reason where no way works', async () => {
    const { cards, tell, lastSample } = machine();
    const facts = { selectLayer: false, namespaces: 'unshare is not installed' };
    expect(await tell({ adapter: 'A card', cards, driver: null }, facts, lastSample)).toEqual({
      way: null,
      failed: [
        'Mesa’s device-select layer (package mesa-vulkan-drivers) is not installed',
        'unshare is not installed',
      ],
    });
  });

  it('starts no process while the cards are in use, and remembers nothing', async () => {
    const { cards, tell, lastSample, starts, records } = machine({
      load: 95,
      layer: true,
      timer: hastyTimer(),
    });
    const facts = { selectLayer: true, namespaces: 'refused' };
    const told = await tell({ adapter: 'A card', cards, driver: null }, facts, lastSample);
    expect(told.way).toBeNull();
    expect(told.failed[0]).toContain('the cards are in use');
    expect([starts(), existsSync(records)]).toEqual([0, false]);
  });

  it('quotes nothing but the files of the other cards', () => {
    const cards = [0, 1, 2].map((n) => ({
      device: `gpu/${n}`,
      address: null,
      files: [`/dev/nvidia${n}`],
    }));
    const [one = { device: '', address: null, files: [] }] = cards;
    const { command } = processPin('hidden', one, cards);
    expect(command.join(' ')).toContain("'/dev/nvidia1' && mount --bind /dev/null '/dev/nvidia2'");
    expect(command.join(' ')).not.toContain('nvidia0');
  });
});
