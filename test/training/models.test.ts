import { describe, expect, it } from 'vitest';
import { describeNetwork, readDescription as resolve } from '../support/training.ts';

describe('Networks', () => {
  it('unroll repeats, evaluate `when`, scale numbers, and take activations from a parameter', () => {
    const layers = [
      {
        repeat: { $param: 'depth' },
        layers: [
          { type: 'conv', filters: { $param: 'width' }, kernel: 3, padding: 'same' },
          { type: { $param: 'act' } },
          { type: 'max-pool', size: 2 },
        ],
      },
      { type: 'flatten' },
      { when: { head: ['wide'] }, type: 'dense', units: { $param: 'width', times: 4 } },
      { type: 'dense', units: { $param: 'width', over: 3 } },
    ];
    const { names, outputs, problems } = resolve(describeNetwork([1, 9, 9], layers), {
      depth: 2,
      width: 5,
      act: 'relu',
      head: 'wide',
    });
    expect(problems).toEqual([]);
    expect(names).toEqual([
      'block1.0.conv1',
      'block1.0.relu1',
      'block1.0.max-pool1',
      'block1.1.conv1',
      'block1.1.relu1',
      'block1.1.max-pool1',
      'flatten1',
      'dense1',
      'dense2',
    ]);
    expect(outputs).toEqual([
      '5×9×9',
      '5×9×9',
      '5×4×4',
      '5×4×4',
      '5×4×4',
      '5×2×2',
      '20',
      '20',
      '1',
    ]);
    expect(
      resolve(describeNetwork([1, 9, 9], layers), {
        depth: 1,
        width: 5,
        act: 'identity',
        head: 'slim',
      }).names,
    ).toHaveLength(5);
  });

  it("resolve the channels of a layer's input and of a named layer", () => {
    const layers = [
      { id: 'stem', type: 'conv', filters: 6, kernel: 1 },
      { type: 'conv', filters: { $channels: true, over: 4 }, kernel: 1 },
      { type: 'conv', filters: { $channels: 'stem', times: 2 }, kernel: 1 },
      { type: 'conv', from: 'stem', filters: { $channels: true, times: 3 }, kernel: 1 },
      { type: 'concat', from: ['conv3', 'conv4'] },
    ];
    expect(resolve(describeNetwork([1, 2, 2], layers)).outputs).toEqual([
      '6×2×2',
      '1×2×2',
      '12×2×2',
      '18×2×2',
      '30×2×2',
    ]);
  });
});
