import { describe, expect, it } from 'vitest';
import {
  deviceChoices,
  pinnedExecutor,
  switched,
} from '../../../src/renderer/views/set-up/device-choice.ts';
import type {
  ChoiceFacts,
  DeviceChoice,
} from '../../../src/renderer/views/set-up/device-choice.ts';
import { text } from '../../../src/renderer/text.ts';

const words = text.setUp.device;
const train = (objective: object = {}, more: object = {}) => ({
  objective: { kind: 'train', ...objective },
  ...more,
});
const card = (device: string, model: string, usable = true) => ({
  device,
  vendor: 'NVIDIA',
  model,
  driver: null,
  uuid: null,
  address: null,
  memoryBytes: null,
  partitions: [],
  twins: [],
  pin: null,
  pinFailed: null,
  adapter: null,
  executors: usable
    ? [{ name: 'webgpu', usable: true as const, label: 'webgpu:x' }]
    : [{ name: 'webgpu', usable: false as const, reason: 'no driver', remedy: null }],
});

const slots = ['cpu', 'cpu', 'gpu/0'].map((device) => ({ device }));
const inventory = {
  processor: 'AMD EPYC',
  devices: [card('gpu/0', 'H100'), card('gpu/1', 'GT 710', false)],
} as unknown as NonNullable<ChoiceFacts['inventory']>;

function choices(study: ChoiceFacts['study'], more: Partial<ChoiceFacts> = {}) {
  return deviceChoices({ study, slots, inventory, speeds: null, ...more });
}

const brief = (all: readonly DeviceChoice[]) =>
  all.map(({ id, checked, obstacle }) => [id, checked, obstacle]);

describe('Set-up: devices', () => {
  const broken = words.broken({ executor: 'webgpu', reason: 'no driver' });

  it('are all checked that have workers; others say why they cannot take part', () => {
    const all = choices(train());
    expect(brief(all)).toEqual([
      ['cpu', true, null],
      ['gpu/0', true, null],
      ['gpu/1', false, broken],
    ]);
    expect(all.map(({ name, model }) => [name, model])).toEqual([
      ['CPU', 'AMD EPYC'],
      ['GPU 0', 'H100'],
      ['GPU 1', 'GT 710'],
    ]);
  });

  it('are those that the study selects, one by one or all GPUs', () => {
    expect(brief(choices(train({}, { devices: ['gpu/0'] }))).slice(0, 2)).toEqual([
      ['cpu', false, null],
      ['gpu/0', true, null],
    ]);
    expect(brief(choices(train({}, { devices: ['gpu'] })))[1]).toEqual(['gpu/0', true, null]);
  });

  it('that the study names and that are not here stay in the list', () => {
    expect(choices(train({}, { devices: ['cpu', 'gpu/7'] })).at(-1)).toMatchObject({
      id: 'gpu/7',
      checked: true,
      obstacle: null,
      speed: words.notHere,
    });
  });

  it('on which the executor of the study does not run cannot be checked', () => {
    const wasm = words.executor({ executor: 'wasm' });
    expect(brief(choices(train({ executor: 'auto', bits: 'wasm' }))).slice(0, 2)).toEqual([
      ['cpu', true, null],
      ['gpu/0', false, wasm],
    ]);
    expect(brief(choices(train({ executor: 'webgpu' })))[0]).toEqual([
      'cpu',
      false,
      words.executor({ executor: 'webgpu' }),
    ]);
    expect(brief(choices({ objective: { kind: 'synthetic' } }))[1]).toEqual([
      'gpu/0',
      false,
      words.synthetic,
    ]);
  });

  it('say their measured speed, that it is being measured, or that it is not', () => {
    const measured = [{ device: 'cpu', workers: 2, samplesPerSecond: 1234 }];
    const unmeasured = [{ device: 'gpu/0', reason: 'lost' }];
    const speeds = { measured, unmeasured } as unknown as ChoiceFacts['speeds'];
    const said = (more: Partial<ChoiceFacts>) =>
      choices(train(), more)
        .slice(0, 2)
        .map(({ speed }) => speed);
    expect(said({ speeds })).toEqual([
      words.speed({ rate: '1,200', workers: 2 }),
      words.failed({ reason: 'lost' }),
    ]);
    expect(said({ speeds: 'measuring' })).toEqual([words.measuring, words.measuring]);
    expect(said({})).toEqual([words.notMeasured, words.notMeasured]);
  });

  it('become a selection when one is unchecked, and none when all are checked again', () => {
    const all = choices(train());
    expect(switched(all, 'cpu', false)).toEqual(['gpu/0']);
    const one = choices(train({}, { devices: ['gpu/0'] }));
    expect(switched(one, 'cpu', true)).toBeUndefined();
    expect(switched(one, 'gpu/0', false)).toEqual([]);
  });

  it('are all offered before the workers are known', () => {
    expect(brief(choices(train(), { slots: [], inventory: null }))).toEqual([['cpu', true, null]]);
  });
});

describe('Set-up: executor that leaves GPUs idle', () => {
  it('is named where the study trains on CPUs alone', () => {
    expect(pinnedExecutor(train({ executor: 'wasm' }))).toBe('wasm');
    expect(pinnedExecutor(train({ bits: 'wasm' }))).toBe('wasm');
    expect(pinnedExecutor(train({ executor: 'auto' }))).toBeNull();
    expect(pinnedExecutor({ objective: { kind: 'synthetic' } })).toBeNull();
  });
});
