import { expect, it } from 'vitest';
import type { Gpu } from '../../../../src/node/machine/machine.ts';
import { pciAddress, unknownFigures } from '../../../../src/node/machine/utilisation/card.ts';
import type { Card } from '../../../../src/node/machine/utilisation/card.ts';
import { Cards } from '../../../../src/node/machine/utilisation/cards.ts';
import { parseNvidiaLine } from '../../../../src/node/machine/utilisation/nvidia-line.ts';
import type { PciCard } from '../../../../src/node/machine/utilisation/pci-cards.ts';
import { GEFORCE, H100 } from '../../../support/fake-smi.ts';

const line = (text: string): Card => {
  const parsed = parseNvidiaLine(text);
  if ('malformed' in parsed) throw new Error(parsed.malformed);
  return parsed;
};
const h100 = line(H100);
const geforce = line(GEFORCE);
const onBus = (address: string, vendor: PciCard['vendor']): PciCard => ({
  address,
  vendor,
  folder: '',
});
const listed = (vendor: string, model: string, busAddress: string | null): Gpu => ({
  vendor,
  model,
  vram: null,
  driver: null,
  busAddress,
});
const silence = (vendor: string): string => `${vendor} is silent`;
const names = (cards: Cards, told: readonly Card[]): string[] =>
  cards
    .now(told, silence)
    .map(
      ({ device, model, figures }) =>
        `${device} ${model ?? '?'} ${typeof figures.temperature === 'number' ? figures.temperature : '?'}`,
    );

it.each([
  ['00000000:41:00.0', '0000:41:00.0'],
  ['00000001:C1:00.0', '0001:c1:00.0'],
  ['41:00.0', '0000:41:00.0'],
  ['0000:c1:00.0', '0000:c1:00.0'],
  ['N/A', null],
  ['41', null],
])('Cards: normalises %s on the bus to %s', (text, address) => {
  expect(pciAddress(text)).toBe(address);
});

it('Cards: merges bus, inventory and driver by the address', () => {
  const cards = new Cards(
    [onBus('0000:41:00.0', 'NVIDIA')],
    [listed('NVIDIA Corporation', 'GH100', '41:00.0')],
  );
  expect(names(cards, [])).toStrictEqual(['gpu/0 GH100 ?']);
  expect(names(cards, [h100])).toStrictEqual(['gpu/0 NVIDIA H100 80GB HBM3 58']);
});

it('Cards: numbers cards by the bus, and keeps the numbers whatever reports first', () => {
  const cards = new Cards([onBus('0000:41:00.0', 'NVIDIA'), onBus('0000:c1:00.0', 'NVIDIA')], []);
  expect(names(cards, [geforce])).toStrictEqual(['gpu/0 ? ?', 'gpu/1 NVIDIA GeForce RTX 3080 54']);
  expect(names(cards, [geforce, h100])).toStrictEqual([
    'gpu/0 NVIDIA H100 80GB HBM3 58',
    'gpu/1 NVIDIA GeForce RTX 3080 54',
  ]);
  expect(names(cards, [])).toStrictEqual([
    'gpu/0 NVIDIA H100 80GB HBM3 ?',
    'gpu/1 NVIDIA GeForce RTX 3080 ?',
  ]);
});

it('Cards: lists a card without figures, each with the reason', () => {
  const [card] = new Cards([onBus('0000:41:00.0', 'NVIDIA')], []).now([], silence);
  expect(card?.figures).toStrictEqual(unknownFigures('NVIDIA is silent'));
});

it('Cards: lists a card that only the driver knows', () => {
  expect(names(new Cards([], []), [h100])).toStrictEqual(['gpu/0 NVIDIA H100 80GB HBM3 58']);
});

it('Cards: a listed card without an address is the next of its vendor; two equal cards with one address are two', () => {
  const without = new Cards([], [listed('NVIDIA', 'RTX', null), listed('Apple', 'M4', null)]);
  expect(names(without, [h100])).toStrictEqual(['gpu/0 NVIDIA H100 80GB HBM3 58', 'gpu/1 M4 ?']);
  const twice = new Cards(
    [],
    [listed('NVIDIA', 'RTX', '41:00.0'), listed('NVIDIA', 'RTX', '41:00.0')],
  );
  expect(names(twice, [h100, geforce])).toStrictEqual([
    'gpu/0 NVIDIA H100 80GB HBM3 58',
    'gpu/1 NVIDIA GeForce RTX 3080 54',
  ]);
});

it.each([
  ['ASPEED Technology, Inc.', 'ASPEED Graphics Family'],
  ['Red Hat, Inc.', 'Virtio 1.0 GPU'],
  ['Microsoft', 'Basic Display Adapter'],
  ['VMware', 'SVGA II Adapter'],
])('Cards: a display adapter without compute is no device: %s %s', (vendor, model) => {
  expect(new Cards([], [listed(vendor, model, null)]).now([], silence)).toStrictEqual([]);
});
