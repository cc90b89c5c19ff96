/** The devices that `--devices` names. */
import { describe, expect, it } from 'vitest';
import { chooseDevices, requireSelected } from '../../src/cli/run/choose-devices.ts';
import type { StartableDevice } from '../../src/node/devices/pin.ts';

const cards: readonly StartableDevice[] = ['gpu/0', 'gpu/1'].map((id) => ({
  device: { id, kind: 'gpu', name: 'card', lanes: 256, memoryBytes: 1 },
  conditions: [],
  environment: {},
  command: [],
}));

function chosen(...names: readonly string[]): readonly unknown[] {
  const { cpu, cards: found } = chooseDevices(names, cards);
  return [cpu, ...found.map(({ device }) => device.id)];
}

describe('Run: devices', () => {
  it('are all that work, unless some are named', () => {
    expect(chooseDevices(null, cards)).toEqual({ cpu: true, cards });
  });

  it('are those named, in any of their forms', () => {
    expect(chosen('cpu')).toEqual([true]);
    expect(chosen('gpu/1')).toEqual([false, 'gpu/1']);
    expect(chosen('gpu0', 'cpu')).toEqual([true, 'gpu/0']);
    expect(chosen('gpu-1')).toEqual([false, 'gpu/1']);
    expect(chosen('gpu')).toEqual([false, 'gpu/0', 'gpu/1']);
  });

  it('that are not there are refused with the nearest name', () => {
    expect(() => chosen('gpu/7')).toThrow(
      '--devices: expected some of cpu, gpu/0, gpu/1, found "gpu/7". Did you mean gpu/',
    );
    expect(() => chooseDevices(['gpu'], [])).toThrow('expected some of cpu, found "gpu"');
    expect(() => chooseDevices(['gpu/7'], [], 'devices in the study')).toThrow(
      'devices in the study: expected some of cpu, found "gpu/7"',
    );
  });

  it('that a resumed study does not select are refused instead of waiting for ever', () => {
    const cpuOnly = { cpu: true, cards: [] };
    expect(() => requireSelected(['gpu/0'], cpuOnly)).toThrow(
      'the study was set up for gpu/0, and this run uses cpu',
    );
    requireSelected(undefined, cpuOnly);
    requireSelected(['cpu', 'gpu/0'], cpuOnly);
    requireSelected(['gpu'], { cpu: false, cards });
  });
});
