/**
 * Emits a plan as a SavedModel for a number of lanes: variables, a loop of training steps, a loop
 * of evaluation steps, and nodes that read and write values. Pure; `graph-program.ts` loads and
 * runs the model.
 */
import type { Plan } from '../../plan/plan.ts';
import { TrainingError } from '../../training-error.ts';
import { savedModel, XLA, type GraphFunction } from './graph-def.ts';
import { GraphEmitter } from './graph-emitter.ts';
import { tensorShape } from './layout.ts';
import { finiteLanes, NUMBERS, numberOf, oneStep, type ChunkInputs } from './one-step.ts';
import { Operations } from './operations.ts';
import { tensorAt, type StepState } from './step.ts';
import type { Tensor, TensorType } from './tensor.ts';

const MOST_NODES = 20_000;

/** A tensor that persists between calls. */
export interface Variable extends TensorType {
  readonly name: string;
}

/** Names of variables in plan order. */
export interface Variables {
  readonly weights: readonly Variable[];
  readonly slots: readonly (readonly Variable[])[];
  readonly statistics: readonly Variable[];
}

export function variablesOf(plan: Plan, lanes: number): Variables {
  const variable = (name: string, shape: readonly number[]): Variable => ({
    name,
    dtype: 'f32',
    shape: [lanes, ...shape],
  });
  const shapes = plan.weights.map((weight) => tensorShape(weight.shape));
  return {
    weights: shapes.map((shape, i) => variable(`weight_${String(i)}`, shape)),
    slots: plan.slots.map((_, s) =>
      shapes.map((shape, i) => variable(`slot_${String(s)}_${String(i)}`, shape)),
    ),
    statistics: plan.statistics.map((statistic, i) =>
      variable(`statistic_${String(i)}`, statistic.shape),
    ),
  };
}

/** Types of the inputs of a chunk. */
export function inputTypes(
  plan: Plan,
  lanes: number,
): Readonly<Record<Exclude<keyof ChunkInputs, 'samples' | 'labels'>, TensorType>> {
  return {
    order: { dtype: 'i32', shape: [-1] },
    words: { dtype: 'i32', shape: [-1, lanes, plan.hyper.length] },
    numbers: { dtype: 'i32', shape: [Object.keys(NUMBERS).length] },
    key: { dtype: 'i32', shape: [2] },
    trials: { dtype: 'i32', shape: [lanes] },
    live: { dtype: 'i32', shape: [lanes] },
  };
}

/** Types of samples and labels; the number of samples is dynamic. */
export function datasetTypes(plan: Plan): Readonly<Record<'samples' | 'labels', TensorType>> {
  const { shape, type } = plan.input;
  const label = plan.buffers.find((buffer) => buffer.role === 'label');
  const targets = label?.type === 'f32' ? label.shape : undefined;
  return {
    samples: { dtype: type, shape: [-1, ...tensorShape(shape)] },
    labels:
      targets === undefined
        ? { dtype: 'i32', shape: [-1] }
        : { dtype: 'f32', shape: [-1, ...targets] },
  };
}

/**
 * @param xla whether XLA compiles the loops
 * @throws TrainingError `unsupported` if the graph has more nodes than TensorFlow processes in
 *   reasonable time
 */
export function emitModel(
  plan: Plan,
  lanes: number,
  xla = false,
): { readonly bytes: Uint8Array; readonly nodes: number } {
  const graph = new GraphEmitter(false);
  const operations = new Operations(graph);
  const variables = variablesOf(plan, lanes);
  const all = [...variables.weights, ...variables.slots.flat(), ...variables.statistics];
  const handles = new Map<string, Tensor>();
  const values = new Map<string, Tensor>();
  const dataset = datasetTypes(plan);
  const declare = ({ name, dtype, shape }: Variable): void => {
    const attributes = {
      dtype: { type: dtype },
      shape: { shape },
      shared_name: { text: name },
    } as const;
    const handle = tensorAt(
      graph.node(name, 'VarHandleOp', [], attributes, [{ dtype: 'resource', shape: [] }]),
      0,
    );
    handles.set(name, handle);
    values.set(
      name,
      tensorAt(
        graph.node(`${name}_value`, 'ReadVariableOp', [handle], { dtype: { type: dtype } }, [
          { dtype, shape },
        ]),
        0,
      ),
    );
  };
  const assign = (name: string, node: string, value: Tensor): string => {
    graph.node(
      node,
      'AssignVariableOp',
      [named(handles, name), value],
      { dtype: { type: value.dtype } },
      [],
    );
    return node;
  };
  const placeholder = (name: string, { dtype, shape }: TensorType): Tensor =>
    tensorAt(
      graph.node(name, 'Placeholder', [], { dtype: { type: dtype }, shape: { shape } }, [
        { dtype, shape },
      ]),
      0,
    );
  const finish = (name: string, value: Tensor, after: readonly string[] = []): void => {
    graph.node(name, 'Identity', [value], { T: { type: value.dtype } }, [value], after);
  };
  const data = [
    { name: 'samples', ...dataset.samples },
    { name: 'labels', ...dataset.labels },
  ];
  for (const variable of [...all, ...data]) declare(variable);
  const setting = (list: readonly Variable[]): string[] =>
    list.map((variable) =>
      assign(variable.name, `set_${variable.name}`, placeholder(`new_${variable.name}`, variable)),
    );
  finish('stored', operations.integer(0), setting(all));
  finish('loaded', operations.integer(0), setting(data));

  const types = inputTypes(plan, lanes);
  const value = (name: string): Tensor => named(values, name);
  const inputs: ChunkInputs = {
    order: placeholder('order', types.order),
    words: placeholder('words', types.words),
    numbers: placeholder('numbers', types.numbers),
    key: placeholder('key', types.key),
    trials: placeholder('trials', types.trials),
    live: placeholder('live', types.live),
    samples: value('samples'),
    labels: value('labels'),
  };
  const state: StepState = {
    weights: variables.weights.map(({ name }) => value(name)),
    slots: variables.slots.map((slot) => slot.map(({ name }) => value(name))),
    statistics: variables.statistics.map(({ name }) => value(name)),
  };
  const functions: GraphFunction[] = [];
  for (const training of [true, false]) {
    const name = training ? 'train' : 'evaluate';
    const loop = emitLoop(plan, lanes, name, training, inputs, state);
    functions.push(loop.condition, loop.body);
    const initial = [
      operations.integer(0),
      operations.zeros64(lanes),
      operations.broadcastTo(operations.integer(0), [lanes]),
      ...loop.initial,
    ];
    const results = xla
      ? callCompiled(graph, functions, name, loop, initial)
      : runLoop(graph, name, loop, initial, true);
    const sum = tensorAt(results, 1);
    const high = operations.cast(sum, 'f32');
    finish(`${name}_loss_high`, high);
    finish(
      `${name}_loss_low`,
      operations.cast(operations.subtract(sum, operations.cast(high, 'f64')), 'f32'),
    );
    if (!training) {
      finish('evaluate_correct', tensorAt(results, 2));
      continue;
    }
    const after = results.slice(3, 3 + all.length);
    const assigned = all.map((variable, i) =>
      assign(variable.name, `update_${variable.name}`, tensorAt(after, i)),
    );
    finish('train_correct', tensorAt(results, 2), assigned);
    finish(
      'train_finite',
      operations.cast(finiteLanes(operations, after.slice(0, variables.weights.length)), 'i32'),
    );
  }
  const nodes =
    graph.nodes.length + functions.reduce((sum, { nodes: inside }) => sum + inside.length, 0);
  if (nodes > MOST_NODES)
    throw new TrainingError(
      'unsupported',
      `tensorflow: the graph of ${String(lanes)} lanes has ${String(nodes)} nodes, more than ${String(MOST_NODES)}`,
    );
  return { bytes: savedModel(graph.nodes, functions), nodes };
}

function named(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new RangeError(`no tensor ${name}`);
  return tensor;
}

/** Emits the loop. @param lowered whether TensorFlow runs its parts as nodes of the graph */
function runLoop(
  graph: GraphEmitter,
  name: string,
  { condition, body, variables }: Loop,
  initial: readonly Tensor[],
  lowered: boolean,
): Tensor[] {
  const attributes = {
    T: { types: variables.map(({ dtype }) => dtype) },
    cond: { function: condition.name },
    body: { function: body.name },
    _lower_using_switch_merge: { flag: lowered },
    parallel_iterations: { integer: 1 },
  };
  return graph.node(name, 'StatelessWhile', initial, attributes, variables);
}

/** Emits a call of a function that runs the loop and that XLA compiles. */
function callCompiled(
  graph: GraphEmitter,
  functions: GraphFunction[],
  name: string,
  loop: Loop,
  initial: readonly Tensor[],
): Tensor[] {
  const inside = new GraphEmitter(true);
  const args = loop.variables.map((type, i) => ({ name: `a${String(i)}`, ...type }));
  const results = runLoop(
    inside,
    'loop',
    loop,
    args.map(({ name: ref, dtype, shape }) => ({ ref, dtype, shape })),
    false,
  );
  const outputs = results.map((tensor, i) => ({ name: `r${String(i)}`, tensor }));
  functions.push({ ...inside.asFunction(`${name}_compiled`, args, outputs), xla: true });
  const types = { types: loop.variables.map(({ dtype }) => dtype) };
  const attributes = {
    Tin: types,
    Tout: types,
    f: { function: `${name}_compiled` },
    [XLA]: { flag: true },
  };
  return graph.node(name, 'StatefulPartitionedCall', initial, attributes, loop.variables);
}

interface Loop {
  readonly condition: GraphFunction;
  readonly body: GraphFunction;
  /** Index, loss, correct count, changing state, constant state. */
  readonly variables: readonly TensorType[];
  /** Initial values of all variables but the first three. */
  readonly initial: readonly Tensor[];
}

/**
 * Emits the condition and the body of a loop over steps. Evaluation changes no state, so its state
 * is constant.
 */
function emitLoop(
  plan: Plan,
  lanes: number,
  name: string,
  training: boolean,
  inputs: ChunkInputs,
  state: StepState,
): Loop {
  const inputNames = [
    'order',
    'words',
    'numbers',
    'key',
    'trials',
    'live',
    'samples',
    'labels',
  ] as const;
  const changing = [...state.weights, ...state.slots.flat(), ...state.statistics];
  const initial = [...changing, ...inputNames.map((input) => inputs[input])];
  const variables: TensorType[] = [
    { dtype: 'i32', shape: [] },
    { dtype: 'f64', shape: [lanes] },
    { dtype: 'i32', shape: [lanes] },
    ...initial,
  ];
  const args = variables.map(({ dtype, shape }, i) => ({ name: `a${String(i)}`, dtype, shape }));
  const tensors = args.map(({ name: ref, dtype, shape }): Tensor => ({ ref, dtype, shape }));
  const [index, loss, correct, ...rest] = tensors;
  if (index === undefined || loss === undefined || correct === undefined)
    throw new RangeError('a loop has three numbers');
  const chunk = Object.fromEntries(
    inputNames.map((input, i) => [input, tensorAt(rest, changing.length + i)]),
  ) as unknown as ChunkInputs;

  const condition = new GraphEmitter(true);
  const test = new Operations(condition);
  const goOn = test.less(index, numberOf(test, chunk.numbers, 'steps'));

  const body = new GraphEmitter(true);
  const operations = new Operations(body);
  const weights = rest.slice(0, state.weights.length);
  const perSlot = state.weights.length;
  const slots = state.slots.map((_, s) => rest.slice((s + 1) * perSlot, (s + 2) * perSlot));
  const statistics = rest.slice((1 + state.slots.length) * perSlot, changing.length);
  const done = oneStep(
    plan,
    operations,
    lanes,
    chunk,
    index,
    { weights, slots, statistics },
    training,
  );
  const results = [
    operations.add(index, operations.integer(1)),
    operations.add(loss, operations.cast(done.metrics.loss, 'f64')),
    operations.add(correct, done.metrics.correct),
    ...done.state.weights,
    ...done.state.slots.flat(),
    ...done.state.statistics,
    ...rest.slice(changing.length),
  ];
  return {
    condition: condition.asFunction(`${name}_condition`, args, [{ name: 'r0', tensor: goOn }]),
    body: body.asFunction(
      `${name}_body`,
      args,
      results.map((tensor, i) => ({ name: `r${String(i)}`, tensor })),
    ),
    variables,
    initial,
  };
}
