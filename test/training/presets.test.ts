import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Network } from '../../src/training/models/network.ts';
import { PRESETS } from '../../src/training/models/presets.ts';
import { resolveNetwork } from '../../src/training/models/resolve.ts';
import { Scope } from '../../src/training/models/scope.ts';
import { parametersOf } from '../support/parameters.ts';

function preset(name: string): Network {
  const scope = new Scope({ dropout: 0.5 });
  const network = resolveNetwork(PRESETS.get(name), scope);
  expect(scope.problems).toEqual([]);
  return network!;
}

/** Shapes without consecutive duplicates. */
function shapes({ input, layers }: Network): string[] {
  const all = [input.shape, ...layers.map((layer) => layer.output)].map((shape) => shape.join('×'));
  return all.filter((text, i) => text !== all[i - 1]);
}

const at = (network: Network, id: string): string =>
  network.layers.find((layer) => layer.id === id)!.output.join('×');
const count = (network: Network, type: string): number =>
  network.layers.filter(({ fields }) => fields.type === type).length;

describe('Presets', () => {
  it.each([
    ['mnist-paper', 906],
    ['lenet-5', 61_706],
    ['cnn', 225_034],
    ['mlp', 235_146],
    ['resnet-20', 269_722],
    ['efficientnet-b0', 2_912_089],
  ])('%s has the published number of parameters', (name, parameters) => {
    expect(parametersOf(preset(name))).toBe(parameters);
  });

  it('are the files of resources/networks', () => {
    const files = readdirSync(new URL('../../resources/networks', import.meta.url));
    expect([...PRESETS.keys()].map((name) => `${name}.json`).sort()).toEqual(files.sort());
  });

  it.each([
    ['mnist-paper', ['1×28×28', '2×24×24', '2×12×12', '4×8×8', '4×4×4', '64', '10']],
    ['lenet-5', ['1×28×28', '6×28×28', '6×14×14', '16×10×10', '16×5×5', '400', '120', '84', '10']],
    ['cnn', ['1×28×28', '32×26×26', '32×13×13', '64×11×11', '64×5×5', '1600', '128', '10']],
    ['mlp', ['1×28×28', '784', '256', '128', '10']],
  ])('%s has the published shapes', (name, expected) => {
    expect(shapes(preset(name))).toEqual(expected);
  });

  it('resnet-20 has nineteen convolutions, and shortcuts that skip pixels and pad channels with zeros', () => {
    const network = preset('resnet-20');
    expect([
      count(network, 'conv'),
      count(network, 'batch-norm'),
      count(network, 'add'),
      count(network, 'dense'),
    ]).toEqual([19, 19, 9, 1]);
    expect(
      [
        'stage1.2.add1',
        'stage2-down.0.add1',
        'stage2.1.add1',
        'stage3-down.0.add1',
        'stage3.1.add1',
      ].map((id) => at(network, id)),
    ).toEqual(['16×32×32', '32×16×16', '32×16×16', '64×8×8', '64×8×8']);
    const shortcut = network.layers.find(({ id }) => id === 'stage3-down.0.shortcut')!;
    expect(shortcut.fields).toEqual({ type: 'concat', zeros: [16, 16] });
    expect(network.layers[shortcut.from[0]!]!.fields).toEqual({
      type: 'average-pool',
      size: [1, 1],
      stride: [2, 2],
      padding: [0, 0],
    });
  });

  it('efficientnet-b0 has the published blocks, each with a gate and a shortcut', () => {
    const network = preset('efficientnet-b0');
    const depthwise = network.layers.filter(
      ({ fields }) => fields.type === 'conv' && fields.groups > 1,
    );
    expect(depthwise.map(({ output }) => output.join('×'))).toEqual([
      ...[
        '32×16×16',
        '96×16×16',
        '144×16×16',
        '144×8×8',
        '240×8×8',
        '240×4×4',
        '480×4×4',
        '480×4×4',
      ],
      ...[
        '480×4×4',
        '672×4×4',
        '672×4×4',
        '672×2×2',
        '1152×2×2',
        '1152×2×2',
        '1152×2×2',
        '1152×1×1',
      ],
    ]);
    const reduced = network.layers.flatMap(({ fields, output }) =>
      fields.type === 'conv' && output[1] === 1 ? [output[0]] : [],
    );
    // 1/16 of the block's output, rounded down.
    expect(reduced.filter((_, i) => i % 2 === 0).slice(0, 4)).toEqual([1, 1, 1, 2]);
    expect([count(network, 'multiply'), count(network, 'add')]).toEqual([16, 16]);
    expect(network.layers.at(-2)?.output).toEqual([320]);
  });
});
