import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { LaneState } from '../../src/training/executors/executor.ts';
import { ReferenceExecutor } from '../../src/training/executors/reference/reference.ts';
import type { Layer, LayerFields, Network } from '../../src/training/models/network.ts';
import { PRESETS } from '../../src/training/models/presets.ts';
import { resolveNetwork } from '../../src/training/models/resolve.ts';
import { Scope } from '../../src/training/models/scope.ts';
import { exportOnnx } from '../../src/training/onnx/export.ts';
import { OPSET } from '../../src/training/onnx/model.ts';
import { compilePlan } from '../../src/training/plan/compile.ts';
import { Message } from '../../src/training/protobuf.ts';
import { toTensors } from '../../src/training/weights/lane-file.ts';
import { missingPython } from '../support/peer-python.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { NEVER, SGD, synthetic } from '../support/training.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('protobuf', () => {
  // Examples from the encoding page of protobuf.dev, and one float.
  it.each<[string, Message, string]>([
    ['a = 150', new Message().integer(1, 150), '089601'],
    ['b = "testing"', new Message().text(2, 'testing'), '120774657374696e67'],
    ['c {a = 150}', new Message().message(3, new Message().integer(1, 150)), '1a03089601'],
    ['field 20, beyond 32 bits', new Message().integer(20, 2 ** 40), 'a001808080808020'],
    ['f = 1.5', new Message().float(2, 1.5), '150000c03f'],
  ])('writes %s', (_name, message, bytes) => {
    expect(hex(message.encode())).toBe(bytes);
  });
});

/**
 * Every layer type, strides and padding that leave pixels unread, a squeeze-excite gate, zeros
 * around a concat.
 */
const EVERY_LAYER: Network = {
  name: 'every-layer',
  input: { shape: [3, 9, 8], mean: [0.4, 0.5, 0.6], deviation: [0.2, 0.3, 0.25] },
  layers: layers([
    [
      'c1',
      {
        type: 'conv',
        filters: 4,
        kernel: [3, 2],
        stride: [2, 1],
        padding: [1, 0],
        groups: 1,
        bias: true,
      },
      [4, 5, 7],
    ],
    ['bn', { type: 'batch-norm', momentum: 0.1, epsilon: 1e-5 }, [4, 5, 7]],
    ['silu', { type: 'silu' }, [4, 5, 7]],
    [
      'depthwise',
      {
        type: 'conv',
        filters: 8,
        kernel: [3, 3],
        stride: [1, 1],
        padding: [1, 1],
        groups: 4,
        bias: false,
      },
      [8, 5, 7],
    ],
    ['gelu', { type: 'gelu' }, [8, 5, 7]],
    ['pixels', { type: 'layer-norm', epsilon: 1e-5, over: 'channels' }, [8, 5, 7]],
    ['pooled', { type: 'average-pool', size: [3, 3], stride: [2, 2], padding: [1, 1] }, [8, 3, 4]],
    ['squeezed', { type: 'global-average-pool' }, [8, 1, 1]],
    [
      'excite',
      {
        type: 'conv',
        filters: 8,
        kernel: [1, 1],
        stride: [1, 1],
        padding: [0, 0],
        groups: 1,
        bias: true,
      },
      [8, 1, 1],
    ],
    ['gate', { type: 'sigmoid' }, [8, 1, 1]],
    ['gated', { type: 'multiply' }, [8, 3, 4], 'pooled', 'gate'],
    ['leaky', { type: 'leaky-relu', slope: 0.1 }, [8, 3, 4]],
    ['sum', { type: 'add' }, [8, 3, 4], 'leaky', 'pooled'],
    ['joined', { type: 'concat', zeros: [0, 0] }, [16, 3, 4], 'sum', 'leaky'],
    ['padded', { type: 'concat', zeros: [1, 2] }, [27, 3, 4], 'joined', 'pooled'],
    ['shortcut', { type: 'concat', zeros: [2, 1] }, [30, 3, 4]],
    ['tanh', { type: 'tanh' }, [30, 3, 4]],
    ['most', { type: 'max-pool', size: [2, 2], stride: [1, 2], padding: [1, 0] }, [30, 4, 2]],
    ['whole', { type: 'layer-norm', epsilon: 1e-5, over: 'all' }, [30, 4, 2]],
    ['flat', { type: 'flatten' }, [240]],
    ['dropped', { type: 'dropout', rate: 0.5 }, [240]],
    ['wide', { type: 'dense', units: 11, bias: true }, [11]],
    ['relu', { type: 'relu' }, [11]],
    ['same', { type: 'identity' }, [11]],
    ['features', { type: 'layer-norm', epsilon: 1e-5, over: 'channels' }, [11]],
    ['out', { type: 'dense', units: 5, bias: false }, [5]],
  ]),
  loss: { type: 'softmax-cross-entropy', smoothing: 0 },
};

/** [id, fields, output, the layers read; default: the previous one]. */
function layers(
  list: readonly (readonly [string, LayerFields, readonly number[], ...string[]])[],
): Layer[] {
  const at = (id: string): number => list.findIndex(([name]) => name === id);
  return list.map(([id, fields, output, ...from], i) => ({
    id,
    fields,
    output,
    from: from.length === 0 ? [i - 1] : from.map(at),
  }));
}

/** Numeric features, each with its own mean and deviation. */
const OF_NUMBERS: Network = {
  name: 'of-numbers',
  input: { shape: [3], mean: [1, -2, 0.5], deviation: [2, 0.5, 1] },
  layers: layers([
    ['hidden', { type: 'dense', units: 4, bias: true }, [4]],
    ['tanh', { type: 'tanh' }, [4]],
    ['out', { type: 'dense', units: 2, bias: true }, [2]],
  ]),
  loss: { type: 'mean-squared-error' },
};

interface Case {
  readonly file: Uint8Array;
  readonly samples: Uint8Array | Float32Array;
  readonly logits: Float64Array;
}

const SAMPLES = 3;

/** A network with random weights and running statistics, and its evaluation by the reference. */
async function evaluated(network: Network): Promise<Case> {
  const outputs = network.layers.at(-1)?.output[0] ?? 0;
  const bytes = synthetic(network.input.shape, outputs, SAMPLES);
  const view =
    network.loss.type === 'softmax-cross-entropy'
      ? bytes
      : {
          ...bytes,
          classes: 0,
          targets: outputs,
          sampleType: 'f32' as const,
          x: Float32Array.from(bytes.x, (byte) => byte / 50 - 2),
          y: new Float32Array(SAMPLES * outputs),
        };
  const plan = compilePlan(network, { batch: SAMPLES, optimizer: SGD }, view);
  const executable = await new ReferenceExecutor().compile(plan, 1, NEVER);
  await executable.loadDataset(view);
  await executable.begin(5, [{ trial: 0, shared: false }]);
  const drawn = await executable.readWeights(0);
  const state: LaneState = {
    ...drawn,
    statistics: drawn.statistics.map((value, i) => value + 0.3 + (i % 7) / 20),
  };
  await executable.writeWeights(0, state);
  await executable.evaluate(
    Uint32Array.from({ length: SAMPLES }, (_, i) => i),
    NEVER,
  );
  const logits = executable.tensors.at(plan.logits).slice();
  await executable.dispose();
  const { tensors } = toTensors({ ...plan, slots: [] }, state);
  return {
    file: exportOnnx({ network, input: plan.input, tensors, metadata: { trial: '0' } }),
    samples: view.x,
    logits,
  };
}

const PROGRAM = `
import json, sys
import numpy as np, onnx, onnxruntime
path, shape, opset = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
model = onnx.load(path + '.onnx')
onnx.checker.check_model(model, full_check=True)
assert [(o.domain, o.version) for o in model.opset_import] == [('', opset)]
assert [(p.key, p.value) for p in model.metadata_props] == [('trial', '0')]
session = onnxruntime.InferenceSession(path + '.onnx')
kind = {'tensor(uint8)': np.uint8, 'tensor(float)': np.float32}[session.get_inputs()[0].type]
samples = np.fromfile(path + '.samples', kind).reshape([-1] + shape)
logits = session.run(['output'], {'input': samples})[0]
expected = np.fromfile(path + '.logits', np.float64).reshape(logits.shape)
print(float(np.abs(logits - expected).max()), float(np.abs(expected).max()))
`;

const noPython = missingPython('numpy', 'onnx', 'onnxruntime');

describe('ONNX: onnxruntime evaluates as the reference does', () => {
  const presets = [...PRESETS.keys()].map((name): [string, () => Network] => [
    name,
    () => resolveNetwork(PRESETS.get(name), new Scope({ dropout: 0.1 }))!,
  ]);
  it.for<[string, () => Network]>([
    ...presets,
    ['a network of every layer', () => EVERY_LAYER],
    ['a network of numbers', () => OF_NUMBERS],
  ])('%s', async ([, make], { skip }) => {
    skip(noPython !== null, noPython ?? '');
    const network = make();
    const { file, samples, logits } = await evaluated(network);
    expect(logits.every(Number.isFinite)).toBe(true);
    const folder = temporaryFolder();
    try {
      const path = folder.file('model');
      writeFileSync(`${path}.onnx`, file);
      writeFileSync(`${path}.samples`, samples);
      writeFileSync(`${path}.logits`, logits);
      const python = process.env['GALAPAGOS_PEER_PYTHON'] ?? '';
      const { stdout, stderr } = spawnSync(
        python,
        ['-c', PROGRAM, path, JSON.stringify(network.input.shape), String(OPSET)],
        {
          encoding: 'utf8',
        },
      );
      const [error, largest] = stdout.split(' ').map(Number);
      expect(error, stderr).toBeLessThanOrEqual(1e-4);
      expect(largest).toBeGreaterThan(1e-3);
    } finally {
      folder.remove();
    }
  });
});
