import { expect, it } from 'vitest';
import { Unknown } from '../../../../src/node/machine/utilisation/figure.ts';
import { parseNvidiaLine } from '../../../../src/node/machine/utilisation/nvidia-line.ts';
import { GEFORCE, H100 } from '../../../support/fake-smi.ts';

it('nvidia-smi: parses a line into a card, in bytes, per cent, degrees and watts', () => {
  expect(parseNvidiaLine(H100)).toStrictEqual({
    address: '0000:41:00.0',
    uuid: 'GPU-4f6c0a55-9a1b-6a40-3a0e-0f3d1b1a7c11',
    vendor: 'NVIDIA',
    model: 'NVIDIA H100 80GB HBM3',
    driver: '570.124.06',
    powerDefault: 700,
    figures: {
      load: 94,
      memoryBytes: 9216 * 2 ** 20,
      memoryTotalBytes: 81559 * 2 ** 20,
      temperature: 58,
      power: 412.37,
      powerLimit: 700,
    },
  });
});

it("nvidia-smi: an unmeasured figure is unknown with the driver's text, never 0; the others are kept", () => {
  expect(parseNvidiaLine(GEFORCE)).toMatchObject({
    figures: {
      load: new Unknown('nvidia-smi says [N/A]'),
      power: new Unknown('nvidia-smi says [Not Supported]'),
      temperature: 54,
    },
  });
});

it('nvidia-smi: an idle card has a load of 0', () => {
  expect(parseNvidiaLine(H100.replace(' 94,', ' 0,'))).toMatchObject({ figures: { load: 0 } });
});

it('nvidia-smi: a comma in the name shifts no field', () => {
  expect(parseNvidiaLine(H100.replace('NVIDIA H100 80GB HBM3', 'Board, rev. A'))).toMatchObject({
    model: 'Board, rev. A',
  });
});

it.each([
  ['No devices were found', 'uuid: '],
  ['Unable to determine the device handle for GPU0000:41:00.0: Unknown Error', 'uuid: '],
  [H100.replace('58', 'warm'), 'temperature.gpu: expected a number or [N/A], found "warm"'],
  [H100.replace('00000000:41:00.0', '41'), 'pci.bus_id: expected an address, found "41"'],
  [H100.slice(0, 90), 'power.draw: '],
  ['', 'uuid: '],
])('nvidia-smi: refuses a malformed line with the field: %s', (line, words) => {
  expect(parseNvidiaLine(line)).toStrictEqual({
    malformed: expect.stringContaining(words) as string,
  });
});
