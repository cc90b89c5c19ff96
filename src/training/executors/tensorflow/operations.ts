/**
 * TensorFlow's ops as methods with checked types and shapes. One method is one op, or a few; layers
 * and lanes are handled elsewhere.
 */
import { at } from '../../../core/at.ts';
import type { Attributes, DType, Emitter, Tensor } from './tensor.ts';
import {
  broadcast,
  convAttributes,
  namedPadding,
  poolAttributes,
  reduced,
  windowed,
  type Window,
} from './windows.ts';

export class Operations {
  readonly #emitter: Emitter;

  constructor(emitter: Emitter) {
    this.#emitter = emitter;
  }

  readonly floats = (
    values: readonly number[],
    shape: readonly number[] = [values.length],
  ): Tensor => {
    return this.#emitter.constant('f32', shape, values);
  };

  /** `count` zeros of 64 bits. */
  readonly zeros64 = (count: number): Tensor => {
    return this.#emitter.constant('f64', [count], Array<number>(count).fill(0));
  };

  readonly float = (value: number): Tensor => {
    return this.floats([value], []);
  };

  readonly integers = (
    values: readonly number[],
    shape: readonly number[] = [values.length],
  ): Tensor => {
    return this.#emitter.constant('i32', shape, values);
  };

  readonly integer = (value: number): Tensor => {
    return this.integers([value], []);
  };

  /** A 64-bit integer constant; holds 32-bit words with room for their products. */
  readonly long = (value: number): Tensor => {
    return this.#emitter.constant('i64', [], [value]);
  };

  readonly add = (a: Tensor, b: Tensor): Tensor => this.#binary('AddV2', a, b);
  readonly subtract = (a: Tensor, b: Tensor): Tensor => this.#binary('Sub', a, b);
  readonly multiply = (a: Tensor, b: Tensor): Tensor => this.#binary('Mul', a, b);
  readonly divide = (a: Tensor, b: Tensor): Tensor => this.#binary('RealDiv', a, b);
  readonly maximum = (a: Tensor, b: Tensor): Tensor => this.#binary('Maximum', a, b);
  readonly minimum = (a: Tensor, b: Tensor): Tensor => this.#binary('Minimum', a, b);
  readonly less = (a: Tensor, b: Tensor): Tensor => this.#binary('Less', a, b, 'bool');
  readonly greater = (a: Tensor, b: Tensor): Tensor => this.#binary('Greater', a, b, 'bool');
  readonly equal = (a: Tensor, b: Tensor): Tensor => this.#binary('Equal', a, b, 'bool');
  readonly and = (a: Tensor, b: Tensor): Tensor => this.#binary('BitwiseAnd', a, b);
  readonly xor = (a: Tensor, b: Tensor): Tensor => this.#binary('BitwiseXor', a, b);
  readonly shiftRight = (a: Tensor, b: Tensor): Tensor => this.#binary('RightShift', a, b);
  readonly negate = (a: Tensor): Tensor => this.#unary('Neg', a);
  readonly exp = (a: Tensor): Tensor => this.#unary('Exp', a);
  readonly log = (a: Tensor): Tensor => this.#unary('Log', a);
  readonly erf = (a: Tensor): Tensor => this.#unary('Erf', a);
  readonly sqrt = (a: Tensor): Tensor => this.#unary('Sqrt', a);
  readonly square = (a: Tensor): Tensor => this.#unary('Square', a);
  readonly tanh = (a: Tensor): Tensor => this.#unary('Tanh', a);
  readonly sigmoid = (a: Tensor): Tensor => this.#unary('Sigmoid', a);
  readonly relu = (a: Tensor): Tensor => this.#unary('Relu', a);

  readonly both = (a: Tensor, b: Tensor): Tensor => {
    return this.#one('LogicalAnd', [a, b], {}, 'bool', broadcast(a.shape, b.shape));
  };

  readonly isFinite = (a: Tensor): Tensor => {
    return this.#one('IsFinite', [a], { T: { type: a.dtype } }, 'bool', a.shape);
  };

  /** The gradient where the output of relu is above 0, otherwise 0. */
  readonly reluGradient = (gradient: Tensor, output: Tensor): Tensor => {
    return this.#one(
      'ReluGrad',
      [gradient, output],
      { T: { type: gradient.dtype } },
      gradient.dtype,
      gradient.shape,
    );
  };

  readonly select = (condition: Tensor, a: Tensor, b: Tensor): Tensor => {
    const shape = broadcast(condition.shape, broadcast(a.shape, b.shape));
    return this.#one('SelectV2', [condition, a, b], { T: { type: a.dtype } }, a.dtype, shape);
  };

  readonly cast = (a: Tensor, to: DType): Tensor => {
    if (a.dtype === to) return a;
    return this.#one('Cast', [a], { SrcT: { type: a.dtype }, DstT: { type: to } }, to, a.shape);
  };

  /** Reinterprets the same bits as another 32-bit type. */
  readonly bitcast = (a: Tensor, to: DType): Tensor => {
    return this.#one('Bitcast', [a], { T: { type: a.dtype }, type: { type: to } }, to, a.shape);
  };

  readonly reshape = (a: Tensor, shape: readonly number[]): Tensor => {
    if (shape.length === a.shape.length && shape.every((n, i) => n === a.shape[i])) return a;
    return this.#one(
      'Reshape',
      [a, this.integers(shape)],
      { T: { type: a.dtype }, Tshape: { type: 'i32' } },
      a.dtype,
      shape,
    );
  };

  readonly transpose = (a: Tensor, axes: readonly number[]): Tensor => {
    const shape = axes.map((axis) => at(a.shape, axis));
    // Axes of size one can move without a change of memory.
    const moved = axes.filter((axis) => a.shape[axis] !== 1);
    if (moved.every((axis, i) => i === 0 || axis > at(moved, i - 1))) return this.reshape(a, shape);
    return this.#one(
      'Transpose',
      [a, this.integers(axes)],
      { T: { type: a.dtype }, Tperm: { type: 'i32' } },
      a.dtype,
      shape,
    );
  };

  readonly broadcastTo = (a: Tensor, shape: readonly number[]): Tensor => {
    if (shape.length === a.shape.length && shape.every((n, i) => n === a.shape[i])) return a;
    return this.#one(
      'BroadcastTo',
      [a, this.integers(shape)],
      { T: { type: a.dtype }, Tidx: { type: 'i32' } },
      a.dtype,
      shape,
    );
  };

  readonly sum = (a: Tensor, axes: readonly number[], keep = false): Tensor => {
    return this.#reduce('Sum', a, axes, keep);
  };

  readonly mean = (a: Tensor, axes: readonly number[], keep = false): Tensor => {
    return this.#reduce('Mean', a, axes, keep);
  };

  readonly max = (a: Tensor, axes: readonly number[], keep = false): Tensor => {
    return this.#reduce('Max', a, axes, keep);
  };

  readonly all = (a: Tensor, axes: readonly number[]): Tensor => {
    const attributes: Attributes = { keep_dims: { flag: false }, Tidx: { type: 'i32' } };
    return this.#one(
      'All',
      [a, this.integers(axes)],
      attributes,
      'bool',
      reduced(a.shape, axes, false),
    );
  };

  readonly argMax = (a: Tensor, axis: number): Tensor => {
    const attributes: Attributes = {
      T: { type: a.dtype },
      Tidx: { type: 'i32' },
      output_type: { type: 'i32' },
    };
    return this.#one(
      'ArgMax',
      [a, this.integer(axis)],
      attributes,
      'i32',
      reduced(a.shape, [axis], false),
    );
  };

  readonly oneHot = (a: Tensor, depth: number): Tensor => {
    const attributes: Attributes = {
      axis: { integer: -1 },
      T: { type: 'f32' },
      TI: { type: 'i32' },
    };
    return this.#one(
      'OneHot',
      [a, this.integer(depth), this.float(1), this.float(0)],
      attributes,
      'f32',
      [...a.shape, depth],
    );
  };

  /** 0, 1, … count − 1. */
  readonly range = (count: number): Tensor => {
    return this.integers(Array.from({ length: count }, (_, i) => i));
  };

  /** Selects entries of an axis; the first `together` axes of both operands are batch axes. */
  readonly gather = (a: Tensor, indices: Tensor, axis = 0, together = 0): Tensor => {
    const attributes: Attributes = {
      batch_dims: { integer: together },
      Tparams: { type: a.dtype },
      Tindices: { type: indices.dtype },
      Taxis: { type: 'i32' },
    };
    const shape = [
      ...a.shape.slice(0, axis),
      ...indices.shape.slice(together),
      ...a.shape.slice(axis + 1),
    ];
    return this.#one('GatherV2', [a, indices, this.integer(axis)], attributes, a.dtype, shape);
  };

  readonly slice = (a: Tensor, begin: readonly number[], size: readonly number[]): Tensor => {
    if (begin.every((at) => at === 0) && size.every((n, i) => n === a.shape[i])) return a;
    return this.#one(
      'Slice',
      [a, this.integers(begin), this.integers(size)],
      { T: { type: a.dtype }, Index: { type: 'i32' } },
      a.dtype,
      size,
    );
  };

  /** Adds zeros before and after each axis. */
  readonly pad = (a: Tensor, padding: readonly (readonly [number, number])[]): Tensor => {
    if (padding.every(([before, after]) => before === 0 && after === 0)) return a;
    const shape = a.shape.map((n, i) => {
      const [before, after] = at(padding, i);
      return n + before + after;
    });
    const table = this.integers(padding.flat(), [padding.length, 2]);
    return this.#one(
      'Pad',
      [a, table],
      { T: { type: a.dtype }, Tpaddings: { type: 'i32' } },
      a.dtype,
      shape,
    );
  };

  readonly concat = (parts: readonly Tensor[], axis: number): Tensor => {
    const [first] = parts;
    if (first === undefined) throw new RangeError('nothing to concatenate');
    if (parts.length === 1) return first;
    const shape = first.shape.map((n, i) =>
      i === axis ? parts.reduce((sum, part) => sum + at(part.shape, axis), 0) : n,
    );
    const attributes: Attributes = {
      N: { integer: parts.length },
      T: { type: first.dtype },
      Tidx: { type: 'i32' },
    };
    return this.#one('ConcatV2', [...parts, this.integer(axis)], attributes, first.dtype, shape);
  };

  /** Splits an axis into equal parts. */
  readonly split = (a: Tensor, axis: number, parts: number): Tensor[] => {
    if (parts === 1) return [a];
    const shape = a.shape.map((n, i) => (i === axis ? n / parts : n));
    const outputs = Array.from({ length: parts }, () => ({ dtype: a.dtype, shape }));
    return this.#emitter.emit(
      'Split',
      [this.integer(axis), a],
      { num_split: { integer: parts }, T: { type: a.dtype } },
      outputs,
    );
  };

  /** Matrix product [K,M]·[K,N], transposed as given; leading axes are batch axes. */
  readonly matmul = (a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor => {
    const rank = a.shape.length;
    const rows = at(a.shape, rank - (transposeA ? 1 : 2));
    const columns = at(b.shape, rank - (transposeB ? 2 : 1));
    const shape = [...a.shape.slice(0, -2), rows, columns];
    const T = { type: a.dtype };
    if (rank === 2) {
      return this.#one(
        'MatMul',
        [a, b],
        { transpose_a: { flag: transposeA }, transpose_b: { flag: transposeB }, T },
        a.dtype,
        shape,
      );
    }
    if (a.shape.slice(0, -2).every((n) => n === 1)) {
      const flat = this.matmul(
        this.reshape(a, a.shape.slice(-2)),
        this.reshape(b, b.shape.slice(-2)),
        transposeA,
        transposeB,
      );
      return this.reshape(flat, shape);
    }
    return this.#one(
      'BatchMatMulV2',
      [a, b],
      { adj_x: { flag: transposeA }, adj_y: { flag: transposeB }, T },
      a.dtype,
      shape,
    );
  };

  /** Convolution: x [N,H,W,C], w [kh,kw,C,O] → [N,H',W',O]. */
  readonly conv = (x: Tensor, w: Tensor, window: Window): Tensor => {
    const { image, attributes } = this.#padded(x, window);
    return this.#one(
      'Conv2D',
      [image, w],
      attributes,
      'f32',
      windowed(x.shape, window, at(w.shape, 3)),
    );
  };

  /** Gradient of w, with the shape of w. */
  readonly convWeightGradient = (
    x: Tensor,
    g: Tensor,
    shape: readonly number[],
    window: Window,
  ): Tensor => this.#weightGradient('Conv2DBackpropFilter', x, g, shape, window);

  /** Gradient of x, with the shape of x. */
  readonly convInputGradient = (
    g: Tensor,
    w: Tensor,
    shape: readonly number[],
    window: Window,
  ): Tensor => this.#inputGradient('Conv2DBackpropInput', g, w, shape, window);

  /**
   * Depthwise convolution: x [N,H,W,C], w [kh,kw,C,M] → [N,H',W',C·M]. Both strides must be equal.
   */
  readonly depthwise = (x: Tensor, w: Tensor, window: Window): Tensor => {
    const { image, attributes } = this.#padded(x, window);
    const channels = at(w.shape, 2) * at(w.shape, 3);
    return this.#one(
      'DepthwiseConv2dNative',
      [image, w],
      attributes,
      'f32',
      windowed(x.shape, window, channels),
    );
  };

  readonly depthwiseWeightGradient = (
    x: Tensor,
    g: Tensor,
    shape: readonly number[],
    window: Window,
  ): Tensor => this.#weightGradient('DepthwiseConv2dNativeBackpropFilter', x, g, shape, window);

  readonly depthwiseInputGradient = (
    g: Tensor,
    w: Tensor,
    shape: readonly number[],
    window: Window,
  ): Tensor => this.#inputGradient('DepthwiseConv2dNativeBackpropInput', g, w, shape, window);

  readonly maxPool = (x: Tensor, window: Window): Tensor => {
    return this.#one(
      'MaxPool',
      [x],
      poolAttributes(window, true),
      'f32',
      windowed(x.shape, window, at(x.shape, 3)),
    );
  };

  /** Routes a window's whole gradient to the first of its largest elements. */
  readonly maxPoolGradient = (x: Tensor, y: Tensor, g: Tensor, window: Window): Tensor => {
    return this.#one('MaxPoolGrad', [x, y, g], poolAttributes(window, true), 'f32', x.shape);
  };

  /** Average pool without padding. */
  readonly averagePool = (x: Tensor, window: Window): Tensor => {
    return this.#one(
      'AvgPool',
      [x],
      poolAttributes(window, false),
      'f32',
      windowed(x.shape, window, at(x.shape, 3)),
    );
  };

  readonly averagePoolGradient = (g: Tensor, shape: readonly number[], window: Window): Tensor => {
    return this.#one(
      'AvgPoolGrad',
      [this.integers(shape), g],
      poolAttributes(window, false),
      'f32',
      shape,
    );
  };

  /** Pads the image explicitly where neither VALID nor SAME describes the padding. */
  #padded(x: Tensor, window: Window): { readonly image: Tensor; readonly attributes: Attributes } {
    const padding = namedPadding(x.shape, window);
    const image = padding === undefined ? this.pad(x, [[0, 0], ...window.padding, [0, 0]]) : x;
    return { image, attributes: convAttributes(window, padding ?? 'VALID') };
  }

  #weightGradient(
    op: string,
    x: Tensor,
    g: Tensor,
    shape: readonly number[],
    window: Window,
  ): Tensor {
    const { image, attributes } = this.#padded(x, window);
    return this.#one(op, [image, this.integers(shape), g], attributes, 'f32', shape);
  }

  #inputGradient(
    op: string,
    g: Tensor,
    w: Tensor,
    shape: readonly number[],
    window: Window,
  ): Tensor {
    const padding = namedPadding(shape, window);
    if (padding !== undefined)
      return this.#one(
        op,
        [this.integers(shape), w, g],
        convAttributes(window, padding),
        'f32',
        shape,
      );
    const [rows, columns] = window.padding;
    const whole = shape.map(
      (n, axis) => n + (axis === 1 ? rows[0] + rows[1] : axis === 2 ? columns[0] + columns[1] : 0),
    );
    const padded = this.#one(
      op,
      [this.integers(whole), w, g],
      convAttributes(window, 'VALID'),
      'f32',
      whole,
    );
    return this.slice(padded, [0, rows[0], columns[0], 0], shape);
  }

  #binary(op: string, a: Tensor, b: Tensor, dtype: DType = a.dtype): Tensor {
    return this.#one(op, [a, b], { T: { type: a.dtype } }, dtype, broadcast(a.shape, b.shape));
  }

  #unary(op: string, a: Tensor): Tensor {
    return this.#one(op, [a], { T: { type: a.dtype } }, a.dtype, a.shape);
  }

  #reduce(op: string, a: Tensor, axes: readonly number[], keep: boolean): Tensor {
    const attributes: Attributes = {
      keep_dims: { flag: keep },
      T: { type: a.dtype },
      Tidx: { type: 'i32' },
    };
    return this.#one(
      op,
      [a, this.integers(axes)],
      attributes,
      a.dtype,
      reduced(a.shape, axes, keep),
    );
  }

  #one(
    op: string,
    inputs: readonly Tensor[],
    attributes: Attributes,
    dtype: DType,
    shape: readonly number[],
  ): Tensor {
    const [output] = this.#emitter.emit(op, inputs, attributes, [{ dtype, shape }]);
    if (output === undefined) throw new RangeError(`${op} gave nothing`);
    return output;
  }
}
