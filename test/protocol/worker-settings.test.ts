import { describe, expect, it } from 'vitest';
import { parseWorkerNote, parseWorkerSettings } from '../../src/protocol/worker-settings.ts';

const settings = {
  controlEndpoint: 'tcp://127.0.0.1:4000',
  token: 'secret',
  slot: 'local/cpu/0',
  incarnation: '1.1',
  device: { id: 'cpu', kind: 'cpu', name: 'a processor', lanes: 1, memoryBytes: 2 ** 33 },
  memoryLimitBytes: 2 ** 30,
  resources: '/resources',
  userFolder: '/home/someone/galapagos',
  parent: 4711,
};

describe('Worker settings', () => {
  it('are read back from their text', () => {
    expect(parseWorkerSettings(JSON.stringify(settings))).toStrictEqual(settings);
  });

  it.each([
    ['not set', undefined, /is not set/],
    ['not JSON', '{', /is not JSON/],
    [
      'without a field',
      JSON.stringify({ ...settings, token: undefined }),
      /GALAPAGOS_WORKER\.token: /,
    ],
    [
      'with a wrong field',
      JSON.stringify({ ...settings, device: { ...settings.device, lanes: 0 } }),
      /GALAPAGOS_WORKER\.device\.lanes: /,
    ],
    ['with a field nobody knows', JSON.stringify({ ...settings, lane: 1 }), /lane/],
    [
      'with an incarnation that would split the name of the peer',
      JSON.stringify({ ...settings, incarnation: '1#1' }),
      /GALAPAGOS_WORKER\.incarnation: /,
    ],
  ])('%s are refused with a sentence', (_, text, message) => {
    expect(() => parseWorkerSettings(text)).toThrow(message);
  });

  it('name every problem at once', () => {
    expect(() => parseWorkerSettings('{}')).toThrow(
      /controlEndpoint[^]*token[^]*slot[^]*resources/,
    );
  });
});

it('Worker settings: a note has one form; any other message is no note', () => {
  expect(parseWorkerNote({ rssPeakBytes: 5 })).toStrictEqual({ rssPeakBytes: 5 });
  for (const other of [null, 'x', {}, { rssPeakBytes: -1 }, { rssPeakBytes: 5, more: 1 }])
    expect(parseWorkerNote(other)).toBeNull();
});
