/**
 * Six problems of LCBench (validation accuracy of networks on tabular data sets): the surrogate of
 * YAHPO Gym, evaluated by a Python process with onnxruntime. GALAPAGOS_LCBENCH names the folder
 * with model.onnx and encoding.json.
 */
import { at } from '../../src/core/at.ts';
import type { EncodedParams, SearchSpace } from '../../src/core/search-space/distribution.ts';
import { LinePeer } from '../line-peer.ts';
import { peerPython } from '../processes.ts';
import { constants } from './constants.ts';
import type { SearchProblem } from './problem.ts';

/** Number of epochs of a full training. */
export const EPOCHS = 52;

const space: SearchSpace = {
  batchSize: { type: 'float', low: 16, high: 512, log: true },
  learningRate: { type: 'float', low: 1e-4, high: 0.1, log: true },
  momentum: { type: 'float', low: 0.1, high: 0.99 },
  weightDecay: { type: 'float', low: 1e-5, high: 0.1 },
  layers: { type: 'int', low: 1, high: 5 },
  units: { type: 'float', low: 64, high: 1024, log: true },
  dropout: { type: 'float', low: 0, high: 1 },
};
/** Positions of the parameters that the surrogate takes as integers. */
const rounded = [0, 5];

export interface CurveProblem extends SearchProblem {
  /** Returns the negative accuracy after each epoch, and the seconds of training until then. */
  readonly curve: (
    params: EncodedParams,
  ) => Promise<{ readonly values: readonly number[]; readonly seconds: readonly number[] }>;
}

export interface LcBench {
  readonly problems: readonly CurveProblem[];
  readonly close: () => void;
}

/** Returns a reason if the problems cannot be evaluated here. */
export function lcBench(): LcBench | string {
  const folder = process.env['GALAPAGOS_LCBENCH'] ?? '';
  if (folder === '') return 'GALAPAGOS_LCBENCH names no folder with the surrogate';
  const python = peerPython('onnxruntime', 'numpy');
  if (python === null) return 'GALAPAGOS_PEER_PYTHON names no Python with onnxruntime';
  const peer = new LinePeer(python, 'lcbench.py', [folder]);
  const curve = async (
    task: string,
    params: EncodedParams,
    epochs: readonly number[],
  ): Promise<{ values: readonly number[]; seconds: readonly number[] }> => {
    const point = [...params].map((value, i) => (rounded.includes(i) ? Math.round(value) : value));
    const { accuracy, seconds } = (await peer.ask({ task, points: [point], epochs })) as {
      readonly accuracy: readonly (readonly number[])[];
      readonly seconds: readonly (readonly number[])[];
    };
    return { values: at(accuracy, 0).map((value) => -value), seconds: at(seconds, 0) };
  };
  const all = Array.from({ length: EPOCHS }, (_, epoch) => epoch + 1);
  const problems = constants.lcbench.map(({ task, optimum, median }): CurveProblem => ({
    name: `lcbench-${task}`,
    family: 'lcbench',
    space,
    direction: 'minimize',
    optimum,
    median,
    truth: async (params) => at((await curve(task, params, [EPOCHS])).values, 0),
    curve: (params) => curve(task, params, all),
  }));
  return { problems, close: () => peer.close() };
}
