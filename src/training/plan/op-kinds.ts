/**
 * Ops of a plan: inputs → outputs, attributes and columns, in the order in which `Op` lists them. A
 * prime denotes a gradient; the data output of a gradient op may accumulate. The files under `ops/`
 * and the reference executor define their meaning.
 *
 * Statistics (`running_mean`, `running_var`) are buffers of role `statistic`: one per lane, shared
 * by all samples.
 */
export type OpKind =
  /** dataset, order → batch, label (both shared by lanes). */
  | 'gather'
  /**
   * x [C,H,W], weight [O,C/g,kh,kw], bias? [O] → y. Attributes kernel, stride, padding (before; the
   * padding after follows from the shapes), groups.
   */
  | 'conv'
  /** x, y' → weight', bias?'. Attributes as conv. */
  | 'conv-weight-gradient'
  /** y', weight → x'. Attributes as conv. */
  | 'conv-input-gradient'
  /** x [F], weight [U,F], bias? [U] → y [U]. */
  | 'dense'
  /** x, y' → weight', bias?'. */
  | 'dense-weight-gradient'
  /** y', weight → x'. */
  | 'dense-input-gradient'
  /**
   * x → y, code (u8: the winning tap in row order, ties to the first valid one). Attributes size,
   * stride, padding.
   */
  | 'max-pool'
  /** y', code → x'. Attributes as max-pool. */
  | 'max-pool-gradient'
  /** x → y: the mean of the window's valid taps. Attributes size, stride, padding. */
  | 'average-pool'
  /** y' → x'. Attributes as average-pool. */
  | 'average-pool-gradient'
  /** x [C,H,W] → y [C,1,1]. */
  | 'global-average-pool'
  /** y' → x'. */
  | 'global-average-pool-gradient'
  /** x → y = x > 0 ? x : 0. */
  | 'relu'
  /** y', y → x'. */
  | 'relu-gradient'
  /** x → y = x > 0 ? x : slope·x. Attribute slope ≥ 0. */
  | 'leaky-relu'
  /** y', y → x' (at 0: slope·y'). Attribute slope. */
  | 'leaky-relu-gradient'
  /** x → y = x·Φ(x), Φ by erf. */
  | 'gelu'
  /** y', x → x'. */
  | 'gelu-gradient'
  /** x → y = x·σ(x). */
  | 'silu'
  /** y', x → x'. */
  | 'silu-gradient'
  /** x → y = σ(x). */
  | 'sigmoid'
  /** y', y → x'. */
  | 'sigmoid-gradient'
  /** x → y. */
  | 'tanh'
  /** y', y → x'. */
  | 'tanh-gradient'
  /**
   * x → y, the same memory with another shape (also for identity). The gradient shares its memory
   * as well: there is no op unless it must be added.
   */
  | 'flatten'
  /**
   * x → y = x·m. Attributes ordinal, features; columns threshold (u32), scale. Absent in
   * evaluation.
   */
  | 'dropout'
  /** y' → x' = y'·m. Attributes and columns as dropout. */
  | 'dropout-gradient'
  /**
   * x, weight [C], bias [C], running_mean [C], running_var [C] → y, mean [C], inverse [C]
   * (1/√(v+ε)), running_mean, running_var. Attributes momentum, epsilon. Training only.
   */
  | 'batch-norm'
  /** x, weight, bias, running_mean, running_var → y. Attribute epsilon. Evaluation only. */
  | 'batch-norm-evaluation'
  /**
   * y', x, weight, mean, inverse → weight', bias', x'? (absent if not needed). x' is 0 at positions
   * ≥ n.
   */
  | 'batch-norm-gradient'
  /**
   * x, weight, bias → y, mean, inverse (per sample: [1] over "all", [1,H,W] over "channels").
   * Attributes over, epsilon.
   */
  | 'layer-norm'
  /** y', x, weight, mean, inverse → weight', bias', x'? (absent if not needed). Attribute over. */
  | 'layer-norm-gradient'
  /** two or more inputs of equal shape → y. */
  | 'add'
  /** y' → x': the same values; also used where the gradient of `flatten` must be added. */
  | 'add-gradient'
  /** a, b of a's shape or [C,1,1] → y. */
  | 'multiply'
  /** y', the other factor → x'; summed over H and W if x' is [C,1,1] and y' is not. */
  | 'multiply-gradient'
  /**
   * one or more → y: concatenated channels (or features), after `before` elements of zeros; the
   * remaining elements of y are zeros as well. Attribute before.
   */
  | 'concat'
  /** y' → x'. Attribute first: elements of y before this part. */
  | 'concat-gradient'
  /**
   * logits z [K], label → z'? (training; in place), loss, correct. Column smoothing? (training,
   * where declared).
   */
  | 'softmax-cross-entropy'
  /**
   * prediction z [U], label (a class, one-hot here; or f32 targets [U]) → z'? (training; in place),
   * loss, correct (0 for targets).
   */
  | 'mean-squared-error'
  /**
   * every weight gradient → the same buffers. Attribute by: "norm" (over all weights of the lane, +
   * 1e-6) or "value"; column clip.
   */
  | 'clip'
  /**
   * every weight gradient → every weight. Attributes momentum, nesterov (0 or 1); columns
   * learningRate, momentum, weightDecay.
   */
  | 'sgd'
  /**
   * every weight gradient → every weight. Columns stepSize (a₁), correction (a₂), beta1, rest1
   * (1−β₁), beta2, rest2, epsilon, weightDecay.
   */
  | 'adam'
  /** As adam; the last column is shrink (1−αλ) instead of weightDecay. */
  | 'adamw'
  /**
   * every weight gradient → every weight. Attribute momentum (0 or 1); columns learningRate, alpha
   * (ρ), rest (1−ρ), epsilon, momentum, weightDecay.
   */
  | 'rmsprop';
