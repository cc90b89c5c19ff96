import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  THIS_NODE,
  composeSlot,
  deviceKind,
  deviceName,
  deviceOfSlot,
  isOnThisNode,
  parseSlot,
  shortSlot,
  slotName,
  slotNameWithNode,
  slotsOf,
} from '../../src/core/device.ts';

const src = fileURLToPath(new URL('../../src', import.meta.url));

describe('Slot names: composed and parsed in one place', () => {
  it.each([
    ['local/cpu/0', { node: 'local', device: 'cpu', place: '0' }],
    ['n7fq/gpu/1/0', { node: 'n7fq', device: 'gpu/1', place: '0' }],
  ])('parses %s into its parts and composes it again', (slot, parts) => {
    expect(parseSlot(slot)).toEqual(parts);
    expect(composeSlot(parts)).toBe(slot);
  });

  it.each([
    ['local/gpu-1/0', 'gpu-1', 'GPU 1'],
    ['local/gpu0/0', 'gpu0', 'GPU 0'],
    ['local/gpu/2', 'gpu', 'GPU 2'],
    ['somewhere', 'somewhere', 'somewhere'],
    ['local/cpu', 'cpu', 'CPU'],
    ['', '', ''],
  ])('reads %j, which an earlier lab file may contain', (slot, device, name) => {
    expect(parseSlot(slot).device).toBe(device);
    expect(slotName(slot)).toBe(name);
  });

  it('names a device’s slots by their numbers, and at least one', () => {
    expect(slotsOf(THIS_NODE, { id: 'cpu' }, 3)).toEqual([
      'local/cpu/0',
      'local/cpu/1',
      'local/cpu/2',
    ]);
    expect(slotsOf('n7fq', { id: 'gpu/1' }, 0)).toEqual(['n7fq/gpu/1/0']);
  });

  it('treats slots of one device of one node as equally fast', () => {
    expect(deviceOfSlot('local/cpu/7')).toBe(deviceOfSlot('local/cpu/0'));
    expect(deviceOfSlot('n7fq/cpu/0')).not.toBe(deviceOfSlot('local/cpu/0'));
    expect(deviceOfSlot('local/gpu/0/0')).not.toBe(deviceOfSlot('local/gpu/1/0'));
  });

  it('is the only place that spells a slot of this machine', () => {
    const spelled = readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|svelte)$/.test(file) && file !== join('core', 'device.ts'))
      .filter((file) =>
        /local\/(cpu|gpu)|['"`]local\//.test(readFileSync(join(src, file), 'utf8')),
      );
    expect(spelled).toEqual([]);
  });
});

describe('Slot names: words', () => {
  it('omits this machine, and names another node', () => {
    expect(slotName('local/cpu/3')).toBe('CPU 3');
    expect(slotName('n7fq/cpu/3')).toBe('CPU 3 on n7fq');
    expect(slotName('n7fq/gpu/1/0')).toBe('GPU 1 on n7fq');
  });

  it('names every node where the reader needs it', () => {
    expect(slotNameWithNode('local/cpu/0')).toBe('CPU 0 on this machine');
    expect(slotNameWithNode('n7fq/cpu/0', 'PIXEL')).toBe('CPU 0 on PIXEL');
    expect(slotNameWithNode('n7fq/cpu/0')).toBe('CPU 0 on n7fq');
  });

  it('abbreviates slots of this machine only in the terminal', () => {
    expect(shortSlot('local/cpu/0')).toBe('cpu/0');
    expect(shortSlot('n7fq/cpu/0')).toBe('n7fq/cpu/0');
    expect(isOnThisNode('locality/cpu/0')).toBe(false);
  });

  it('names devices by their id', () => {
    expect(['cpu', 'gpu/1', 'gpu', 'tpu'].map(deviceName)).toEqual(['CPU', 'GPU 1', 'GPU', 'tpu']);
    expect(['cpu', 'gpu/1', 'gpu-0'].map(deviceKind)).toEqual(['cpu', 'gpu', 'gpu']);
  });
});
