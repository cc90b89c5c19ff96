import { problemText } from '../../../src/core/errors.ts';
import { describe, expect, it } from 'vitest';
import { Scope } from '../../../src/training/models/scope.ts';
import type { Params, SearchSpaceLike } from '../../../src/training/objective/objective.ts';
import { readSettings, type ResolvedSettings } from '../../../src/training/objective/settings.ts';

const SGD = { type: 'sgd', learningRate: 0.1 };

function read(
  settings: object,
  params: Params = {},
  space?: SearchSpaceLike,
): { settings?: ResolvedSettings; scope: Scope } {
  const scope = new Scope(params, space);
  const resolved = readSettings({ batch: 8, epochs: 2, optimizer: SGD, ...settings }, scope);
  return resolved === undefined ? { scope } : { settings: resolved, scope };
}

const problems = (settings: object, params?: Params, space?: SearchSpaceLike): string[] =>
  read(settings, params, space).scope.problems.map(
    (problem) => `${problem.code} ${problemText(problem)}`,
  );

describe('Settings', () => {
  it('have a default for everything but batch, epochs and optimiser', () => {
    expect(read({}).settings).toEqual({
      batch: 8,
      epochs: 2,
      optimizer: { type: 'sgd', learningRate: 0.1, weightDecay: 0, nesterov: false, decay: 'all' },
      schedule: { type: 'constant' },
      augment: { crop: 0, flip: false },
      shuffle: true,
      remainder: 'keep',
      validation: 0,
      initialise: 'pytorch',
      sameStart: false,
      keep: 'best',
    });
    expect(problems({ batch: undefined, epochs: undefined, optimizer: undefined })).toEqual([
      'missing-field settings.batch: expected an integer, found nothing',
      'missing-field settings.epochs: expected a number or {"$param": …}, found nothing',
      'missing-field settings.optimizer: expected {"type": "sgd", "learningRate": …}, found nothing',
    ]);
  });

  // Defaults are PyTorch's.
  it.each([
    [
      {
        type: 'sgd',
        learningRate: 0.1,
        momentum: 0.9,
        nesterov: true,
        weightDecay: 5e-4,
        decay: 'kernels',
      },
      { momentum: 0.9, nesterov: true, weightDecay: 5e-4, decay: 'kernels' },
    ],
    [
      { type: 'adam', learningRate: 0.1 },
      { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decay: 'all' },
    ],
    [
      { type: 'adamw', learningRate: 0.1 },
      { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, decay: 'all' },
    ],
    [
      { type: 'rmsprop', learningRate: 0.1 },
      { alpha: 0.99, epsilon: 1e-8, weightDecay: 0, decay: 'all' },
    ],
    [
      { type: 'rmsprop', learningRate: 0.1, momentum: 0.5 },
      { alpha: 0.99, epsilon: 1e-8, momentum: 0.5, weightDecay: 0, decay: 'all' },
    ],
  ])('accept the optimizer %j', (optimizer, expected) => {
    expect(read({ optimizer }).settings?.optimizer).toEqual({
      type: optimizer.type,
      learningRate: 0.1,
      ...expected,
    });
  });

  it.each([
    [{ type: 'constant' }, {}],
    [{ type: 'exponential', gamma: 0.9 }, {}],
    [{ type: 'step', every: 3 }, { gamma: 0.1 }],
    [{ type: 'step', every: 3, gamma: 0.5 }, {}],
    [{ type: 'cosine' }, { warmup: 0, final: 0 }],
    [{ type: 'cosine', warmup: 100, final: 0.1 }, {}],
  ])('accept the schedule %j', (schedule, defaults) => {
    expect(read({ schedule }).settings?.schedule).toEqual({ ...schedule, ...defaults });
  });

  it('clip by norm or by value, and augment by crop and flip', () => {
    expect(read({ clip: { norm: 5 } }).settings?.clip).toEqual({ norm: 5 });
    expect(read({ clip: { value: 0.5 }, augment: { crop: 4 } }).settings).toMatchObject({
      clip: { value: 0.5 },
      augment: { crop: 4, flip: false },
    });
  });

  it.each<[string, object]>([
    ['wrong-type settings.batch: expected an integer, found 1.5', { batch: 1.5 }],
    [
      'wrong-type settings.batch: expected a number or {"$param", "times", "over"}, found {"$channels":true}',
      { batch: { $channels: true } },
    ],
    ['out-of-range settings.batch: expected at least 1 and at most 65536, found 0', { batch: 0 }],
    ['wrong-type settings.epochs: expected an integer, found 1.5', { epochs: 1.5 }],
    [
      'wrong-type settings.optimizer: expected {"type": "sgd", "learningRate": …}, found "sgd"',
      { optimizer: 'sgd' },
    ],
    [
      'unknown-type settings.optimizer.type: expected "sgd" or "adam" or "adamw" or "rmsprop", found "adma" (did you mean "adam"?)',
      { optimizer: { type: 'adma', learningRate: 0.1 } },
    ],
    [
      'missing-field settings.optimizer.learningRate: expected a number or {"$param": …}, found nothing',
      { optimizer: { type: 'rmsprop' } },
    ],
    [
      'missing-field settings.optimizer.momentum: expected a momentum, because nesterov is true, found nothing',
      { optimizer: { ...SGD, nesterov: true } },
    ],
    [
      'unknown-field settings.optimizer.beta1: expected one of type, learningRate, weightDecay, decay, momentum, nesterov, found "beta1"',
      { optimizer: { ...SGD, beta1: 0.9 } },
    ],
    [
      'out-of-range settings.optimizer.beta2: expected at least 0 and below 1, found 1',
      { optimizer: { type: 'adam', learningRate: 0.1, beta2: 1 } },
    ],
    [
      'out-of-range settings.optimizer.momentum: expected at least 0 and at most 1, found 1.1',
      { optimizer: { ...SGD, momentum: 1.1 } },
    ],
    [
      'out-of-range settings.optimizer.decay: expected "all" or "kernels", found "kernel" (did you mean "kernels"?)',
      { optimizer: { ...SGD, decay: 'kernel' } },
    ],
    [
      'unknown-type settings.schedule.type: expected "constant" or "exponential" or "step" or "cosine", found "cos"',
      { schedule: { type: 'cos' } },
    ],
    [
      'missing-field settings.schedule.gamma: expected a number or {"$param": …}, found nothing',
      { schedule: { type: 'exponential' } },
    ],
    [
      'out-of-range settings.schedule.every: expected at least 1, found 0',
      { schedule: { type: 'step', every: 0 } },
    ],
    [
      'out-of-range settings.schedule.final: expected at least 0 and at most 1, found 2',
      { schedule: { type: 'cosine', final: 2 } },
    ],
    [
      'wrong-type settings.clip: expected either {"norm": …} or {"value": …}, found {}',
      { clip: {} },
    ],
    [
      'wrong-type settings.clip: expected either {"norm": …} or {"value": …}, found {"norm":1,"value":1}',
      { clip: { norm: 1, value: 1 } },
    ],
    ['out-of-range settings.clip.norm: expected above 0, found 0', { clip: { norm: 0 } }],
    [
      'wrong-type settings.augment: expected {"crop": pixels, "flip": true or false}, found true',
      { augment: true },
    ],
    ['wrong-type settings.augment.flip: expected true or false, found 1', { augment: { flip: 1 } }],
    [
      'out-of-range settings.validation: expected a share, at least 0 and below 1, found 1',
      { validation: 1 },
    ],
    [
      'out-of-range settings.initialise: expected "pytorch" or "he-normal" or "he-uniform" or "glorot-normal" or "glorot-uniform", found "he-norm" (did you mean "he-normal"?)',
      { initialise: 'he-norm' },
    ],
    [
      'unknown-field settings.shufle: expected one of batch, epochs, optimizer, schedule, clip, augment, shuffle, remainder, validation, initialise, sameStart, keep, found "shufle" (did you mean "shuffle"?)',
      { shufle: true },
    ],
  ])('are refused as %s', (message, settings) => {
    expect(problems(settings)).toEqual([message]);
  });

  it('report all problems at once', () => {
    expect(
      problems({ batch: 0, optimizer: { type: 'adam' }, schedule: { type: 'cos' }, clip: 1 }).map(
        (text) => text.split(':')[0],
      ),
    ).toEqual([
      'out-of-range settings.batch',
      'missing-field settings.optimizer.learningRate',
      'unknown-type settings.schedule.type',
      'wrong-type settings.clip',
    ]);
  });
});

describe('Settings from parameters of the search', () => {
  const space: SearchSpaceLike = {
    lr: { type: 'float', low: 1e-4, high: 1 },
    kind: { type: 'categorical', choices: ['sgd', 'adam'] },
    momentum: { type: 'float', low: 0, high: 0.99, when: { kind: ['sgd'] } },
    beta: { type: 'float', low: 0.8, high: 1, when: { kind: ['adam'] } },
    half: { type: 'int', low: 1, high: 9 },
  };

  it('are per-lane if they do not change the plan, otherwise structural', () => {
    const number = { $param: 'half' };
    const perLane = read(
      {
        epochs: number,
        optimizer: { type: 'sgd', learningRate: number, momentum: 0, weightDecay: number },
        schedule: { type: 'step', every: number, gamma: number },
        clip: { value: number },
      },
      { half: 3 },
    );
    expect(perLane.scope.problems).toEqual([]);
    expect([...perLane.scope.structural]).toEqual([]);
    expect(perLane.settings?.epochs).toEqual({ $param: 'half', times: 1, over: 1 });
    const structural = read(
      { batch: { $param: 'half', times: 5, over: 2 }, augment: { crop: number } },
      { half: 3 },
    );
    expect([...structural.scope.structural]).toEqual(['half']);
    expect(structural.settings).toMatchObject({ batch: 7, augment: { crop: 3 } });
  });

  it('can select the type of optimiser: the fields of all types are then allowed', () => {
    const optimizer = {
      type: { $param: 'kind' },
      learningRate: { $param: 'lr' },
      momentum: { $param: 'momentum' },
      beta1: { $param: 'beta' },
    };
    const sgd = read({ optimizer }, { lr: 0.1, kind: 'sgd', momentum: 0.5 }, space);
    expect(sgd.scope.problems).toEqual([]);
    expect([...sgd.scope.structural]).toEqual(['kind']);
    expect(sgd.settings?.optimizer).toMatchObject({
      type: 'sgd',
      momentum: { $param: 'momentum' },
    });
    expect(sgd.settings?.optimizer).not.toHaveProperty('beta1');
    // The upper bound of beta is checked, although the lane has another value.
    expect(problems({ optimizer }, { lr: 0.1, kind: 'adam', beta: 0.9 }, space)).toEqual([
      'out-of-range settings.optimizer.beta1: expected at least 0 and below 1, found 1',
    ]);
    expect(
      problems(
        { optimizer: { ...optimizer, alpah: 1 } },
        { lr: 0.1, kind: 'sgd', momentum: 0.5 },
        space,
      ),
    ).toEqual([
      'unknown-field settings.optimizer.alpah: expected one of type, learningRate, weightDecay, decay, momentum, nesterov, beta1, beta2, alpha, epsilon, found "alpah" (did you mean "alpha"?)',
    ]);
  });

  it('are rounded down for integers before they are checked', () => {
    expect(problems({ epochs: { $param: 'half', over: 4 } }, { half: 1 }, space)).toEqual([]);
    expect(problems({ batch: { $param: 'half', over: 4 } }, { half: 1 }, space)).toEqual([]);
    expect(
      problems(
        { schedule: { type: 'cosine', warmup: { $param: 'half', over: 10 } } },
        { half: 1 },
        space,
      ),
    ).toEqual([]);
  });
});
