import { describe, expect, it } from 'vitest';
import { matchAdapters } from '../../../src/node/devices/match.ts';
import type { CardName } from '../../../src/node/devices/match.ts';
import { likeness, vendorOfName } from '../../../src/node/devices/names.ts';
import type { Adapter } from '../../../src/runtime/gpu/adapters.ts';

const card = (
  device: string,
  vendor: string,
  model: string | null,
  pciId: string | null = null,
): CardName => ({ device, vendor, model, pciId });
const vulkan = (name: string, software = false): Adapter => ({
  backend: 'vulkan',
  name,
  software,
});
const matched = (cards: readonly CardName[], adapters: readonly Adapter[]): string[] =>
  [...matchAdapters(cards, adapters, 'linux').cards].map(
    ([id, { adapter, group }]) => `${id}: ${adapter} (${String(group.length)})`,
  );

describe('Devices: names', () => {
  it.each([
    ['NVIDIA GeForce RTX 3090', 'GA102 [GeForce RTX 3090]', 'equal'],
    ['Navi 21 [Radeon RX 6800/6800 XT]', 'AMD Radeon RX 6800 XT (RADV NAVI21)', 'equal'],
    ['Iris Xe Graphics', 'Intel(R) Iris(R) Xe Graphics (ADL GT2)', 'none'],
    ['UHD Graphics 620', 'Intel(R) UHD Graphics 620 (KBL GT2)', 'equal'],
    ['NVIDIA H100 80GB HBM3', 'NVIDIA H100', 'contained'],
    ['NVIDIA GeForce RTX 3080', 'NVIDIA GeForce RTX 3080 Ti', 'contained'],
    ['NVIDIA GeForce RTX 3080', 'NVIDIA GeForce RTX 4080', 'none'],
    ['Tesla T4', 'NVIDIA T400 4GB', 'none'],
  ])('compares %s with %s: %s', (a, b, expected) => {
    expect(likeness(a, b)).toBe(expected);
    expect(likeness(b, a)).toBe(expected);
  });

  it.each([
    ['Microsoft Direct3D12 (NVIDIA GeForce RTX 3080)', 'NVIDIA'],
    ['Radeon RX 570 Series', 'AMD'],
    ['Intel(R) Arc(TM) A770 Graphics (DG2)', 'Intel'],
    ['Apple M2 Pro', 'Apple'],
    ['llvmpipe (LLVM 15.0.6, 256 bits)', null],
  ])('derives the vendor of %s: %s', (name, vendor) => {
    expect(vendorOfName(name)).toBe(vendor);
  });
});

describe('Devices: matching adapters to cards', () => {
  it('prefers an equal name to a contained one', () => {
    expect(
      matched(
        [
          card('gpu/0', 'NVIDIA', 'NVIDIA GeForce RTX 3080'),
          card('gpu/1', 'NVIDIA', 'NVIDIA GeForce RTX 3080 Ti'),
        ],
        [vulkan('NVIDIA GeForce RTX 3080 Ti'), vulkan('NVIDIA GeForce RTX 3080')],
      ),
    ).toEqual(['gpu/1: NVIDIA GeForce RTX 3080 Ti (1)', 'gpu/0: NVIDIA GeForce RTX 3080 (1)']);
  });

  it('assigns one adapter name to all cards of a model', () => {
    const twins = ['gpu/0', 'gpu/1'].map((id) => card(id, 'NVIDIA', 'Tesla V100-SXM2-16GB'));
    expect(matched(twins, [vulkan('Tesla V100-SXM2-16GB')])).toEqual([
      'gpu/0: Tesla V100-SXM2-16GB (2)',
      'gpu/1: Tesla V100-SXM2-16GB (2)',
    ]);
  });

  it('knows unnamed cards of one model by their PCI id', () => {
    const adapters = [vulkan('AMD Radeon RX 7900 XTX (RADV NAVI31)')];
    const unnamed = (id: string): CardName => card('gpu/1', 'AMD', null, id);
    const first = card('gpu/0', 'AMD', null, '0x1002:0x744c');
    expect(matched([first, unnamed('0x1002:0x744c')], adapters)).toHaveLength(2);
    expect(matched([first, unnamed('0x1002:0x164e')], adapters)).toHaveLength(0);
  });

  it('assigns the only adapter of a vendor to its only card, whatever their names', () => {
    expect(
      matched(
        [card('gpu/0', 'Intel', null), card('gpu/1', 'AMD', 'Navi 10')],
        [vulkan('AMD Radeon Graphics (RADV RENOIR)'), vulkan('Intel(R) Graphics (RPL-S)')],
      ),
    ).toHaveLength(2);
  });

  it('assigns nothing where the names leave a choice', () => {
    const { cards, unmatched } = matchAdapters(
      [card('gpu/0', 'AMD', 'Ellesmere'), card('gpu/1', 'AMD', 'Vega')],
      [vulkan('AMD Radeon Graphics A1'), vulkan('AMD Radeon Graphics B2')],
      'linux',
    );
    expect(cards.size).toBe(0);
    expect(unmatched).toHaveLength(2);
  });

  it('never assigns an adapter that computes on the CPU, or one of another vendor', () => {
    const own = [card('gpu/0', 'NVIDIA', 'NVIDIA T4')];
    expect(matched(own, [vulkan('NVIDIA T4', true), vulkan('AMD T4')])).toEqual([]);
  });

  it('prefers the main backend of the system', () => {
    const name = 'NVIDIA GeForce RTX 4070';
    const adapters = ['d3d11', 'd3d12', 'vulkan'].map((backend) => ({
      ...vulkan(backend === 'd3d12' ? name : `${name} ${backend}`),
      backend,
    }));
    const { cards } = matchAdapters([card('gpu/0', 'NVIDIA', name)], adapters, 'win32');
    expect(cards.get('gpu/0')?.adapter).toBe(name);
  });
});
