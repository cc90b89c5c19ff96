/** Cards that `CUDA_VISIBLE_DEVICES` leaves a process. */
import { describe, expect, it } from 'vitest';
import { visibleCards } from '../../../src/node/devices/visible.ts';

const small = { name: '1g.10gb', uuid: 'MIG-aaaa-1' };
const large = { name: '3g.40gb', uuid: 'MIG-aaaa-2' };
const cards = [
  { device: 'gpu/0', uuid: 'GPU-1111-a', partitions: [] },
  { device: 'gpu/2', uuid: 'GPU-2222-b', partitions: [] },
  { device: 'gpu/3', uuid: 'GPU-3333-c', partitions: [small, large] },
  { device: 'gpu/4', uuid: null, partitions: [] },
];
const visible = (value: string | undefined): readonly string[] => [
  ...visibleCards(value, cards).keys(),
];

describe('Devices: CUDA_VISIBLE_DEVICES', () => {
  it('leaves all cards without the variable, and none with an empty one', () => {
    expect(visible(undefined)).toEqual(['gpu/0', 'gpu/2', 'gpu/3', 'gpu/4']);
    expect(visible('')).toEqual([]);
    expect(visible('-1')).toEqual([]);
    expect(visible('NoDevFiles')).toEqual([]);
  });

  it('finds cards by number in the order of the bus, and by the beginning of their unique id', () => {
    expect(visible('1,3')).toEqual(['gpu/2', 'gpu/4']);
    expect(visible('GPU-22,gpu-1111-A')).toEqual(['gpu/2', 'gpu/0']);
  });

  it('ignores what follows an entry that names no card', () => {
    expect(visible('0,9,1')).toEqual(['gpu/0']);
    expect(visible('0,-1,1')).toEqual(['gpu/0']);
  });

  it('restricts a divided card to the named instance', () => {
    expect(visibleCards('MIG-aaaa-2', cards)).toEqual(new Map([['gpu/3', [large]]]));
    expect(visibleCards('2', cards)).toEqual(new Map([['gpu/3', [small, large]]]));
  });
});
