/**
 * Proposes for each option of a script whether and over which range it is searched, from its name
 * and default. Pure; an option of an unknown meaning stays as it is.
 */
import type { Distribution } from '../../core/search-space/distribution.ts';
import type { ScriptOption } from './help-text.ts';

export type Proposal =
  | { readonly searched: Distribution }
  /** Set to the seed of the trial. */
  | { readonly seed: true }
  /** Number of epochs, which stays as it is. */
  | { readonly epochs: true }
  /** Place of what the script writes. */
  | { readonly kept: true }
  /** Stays as it is; `known` if that is certain, for example for a path. */
  | { readonly fixed: true; readonly known: boolean };

/** A rule's proposal for an option; undefined: none, for example without a default. */
type Make = (option: ScriptOption, value: number | undefined) => Distribution | undefined;

interface Rule {
  /** Matched with the name in lower case, whose words are joined by `_`. */
  readonly name: RegExp;
  readonly make: Make;
}

/** Names that parameters of a proposed study have. */
export const PARAMETER_NAME = /^[\p{L}_][\p{L}\p{N}_.-]{0,127}$/u;

const SEED = /^(seed|random_?seed|random_state|manual_?seed|rng_seed)$/;
const EPOCHS = /^((n|num|max|train|training)_?)?epochs$/;
/** Folders and files that a script writes; `model` and `checkpoint` alone may be read. */
const KEPT =
  /^((\w+_)?(out|output|outputs|save|results?|ckpt|checkpoints?|log|logs|run|runs|exp|experiment|work|tensorboard|artifacts?)_?(dir|directory|folder|root)|(out|output|save|results?)(_(path|file|to))?|outdir|savedir|logdir|workdir)$/;
/** A word of a name by which a place is read. */
const READ = /(^|_)(load|resume|pretrained|data|dataset|input|init|cache|from|in)(_|$)/;
const FIXED =
  /(^|_)(epochs?|steps|iters?|iterations|seed|device|gpus?|cuda|cpu|workers|jobs|threads|port|host|rank|world|log\w*|print|save\w*|load\w*|resume|every|interval|frequency|freq|dirs?|paths?|files?|folder|root|out|output|outdir|data|dataset|datasets|name|project|entity|wandb|config|checkpoints?|ckpt|verbose|debug|version|split|test|eval|valid\w*|limit|samples|tags?|url|cache|download|precision|amp|compile|backend)(_|$)/;

/** More choices than these are a list of all that a library has, some of which need a package. */
const MOST_CHOICES = 12;

/** Values that a categorical option of these names takes change how a network is trained. */
const SEARCHED_CHOICES =
  /(^|_)(optim|optimizer|opt|solver|algorithm|activation|act|nonlinearity|scheduler|schedule|lr_scheduler|loss|criterion|norm|normalization|init|initializer|kernel|pool|pooling|booster|kind|penalty|weights|augment|augmentation|cell|rnn_type)$/;

const rules: readonly Rule[] = [
  { name: /(^|_)(lr|learning_?rate|lr0|step_?size|eta0?)$/, make: logAround(100, 10, 1e-5, 1e-1) },
  {
    name: /(^|_)(weight_?decay|wd|l1|l2|reg|regularization|reg_alpha|reg_lambda|lambda\w*|alpha)$/,
    make: logAround(100, 10, 1e-6, 1e-2),
  },
  {
    name: /(^|_)(label_?smoothing|warmup_?ratio|warmup_?proportion)$/,
    make: between(0, 0.2),
  },
  { name: /(^|_)warmup_?steps$/, make: warmUp },
  {
    name: /(dropout|drop_?rate|drop_?prob|drop_?path|(^|_)drop)(_rate|_p|_prob)?$/,
    make: between(0, 0.5),
  },
  { name: /(^|_)(momentum|mom)$/, make: between(0, 0.99) },
  { name: /(^|_)(adam_)?beta_?1$/, make: between(0.8, 0.99) },
  { name: /(^|_)(adam_)?beta_?2$/, make: between(0.9, 0.9999) },
  { name: /(^|_)(gamma|lr_decay|decay_rate|decay_factor)$/, make: decay },
  {
    name: /(^|_)(grad_?clip|clip|clip_?norm|max_?grad_?norm|clip_?value|temperature|temp|c)$/,
    make: logAround(10, 10),
  },
  { name: /(^|_)(subsample|colsample\w*|mixup|cutmix|mask_prob\w*)$/, make: between(0, 1) },
  { name: /(^|_)(batch|batch_?size|bs|bsz|train_batch_size|minibatch\w*)$/, make: batchSize },
  { name: /(^|_)(heads|n_?heads?|num_?heads|attention_heads)$/, make: powers(2, 2) },
  {
    name: /(^|_)(n_?layers?|num_?layers?|layers|depth|n_?blocks?|num_?blocks?|blocks)$/,
    make: layers,
  },
  {
    name: /(^|_)(max_?depth|num_?leaves|min_samples\w*|min_child\w*|n_?neighbors|k)$/,
    make: intAround(2),
  },
  {
    name: /(^|_)(hidden\w*|units?|n_?units|width|dim|\w*_dim|channels?|n_?channels|filters|features|neurons|embed\w*|embedding\w*|d_?model|d_?ff|ffn?\w*|n_?estimators|num_?trees|trees|rank_?r|lora_r)$/,
    make: intAround(4),
  },
];

/** Names of options of an evaluation, of batch norms, and of ends of a schedule. */
const OTHERS =
  /(^|_)(test|eval|valid|validation|val|bn)_|(^|_)(min|warmup|final|end)_(lr|learning_rate)$/;

/** True if an option is the number of epochs, by its name. */
export function countsEpochs({ name }: ScriptOption): boolean {
  return EPOCHS.test(wordsOf(name));
}

export function propose(option: ScriptOption): Proposal {
  const name = wordsOf(option.name);
  if (SEED.test(name) && option.takesValue) return { seed: true };
  if (countsEpochs(option)) return { epochs: true };
  if (isPlace(option) && KEPT.test(name) && !READ.test(name)) return { kept: true };
  const value = typeof option.default === 'number' ? option.default : undefined;
  const isNumeric = option.type === 'int' || option.type === 'float' || value !== undefined;
  const rule = rules.find((each) => each.name.test(name));
  const made =
    option.takesValue && !OTHERS.test(name)
      ? option.choices.length > 1
        ? choices(option, name, rule !== undefined)
        : isNumeric
          ? rule?.make(option, value)
          : undefined
      : undefined;
  if (made !== undefined) return { searched: made };
  return { fixed: true, known: FIXED.test(name) || !option.takesValue };
}

function isPlace({ takesValue, type, default: stated = null, ...option }: ScriptOption): boolean {
  const isText = (type === 'text' || type === null) && option.choices.length === 0;
  return takesValue && isText && (stated === null || typeof stated === 'string');
}

/**
 * The words of a name joined by `_`, in lower case: `optim.learningRate` → `optim_learning_rate`.
 */
function wordsOf(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase();
}

function choices(
  { choices: given, type }: ScriptOption,
  name: string,
  isKnown: boolean,
): Distribution | undefined {
  if (given.length > MOST_CHOICES) return undefined;
  if (!isKnown && (!SEARCHED_CHOICES.test(name) || FIXED.test(name))) return undefined;
  const isNumber = type === 'int' || type === 'float';
  const values: readonly (number | string)[] = isNumber ? given.map(Number) : given;
  return new Set(values).size === values.length
    ? { type: 'categorical', choices: values }
    : undefined;
}

/** A float on a log scale around the default; with a default of 0 or none the usual range. */
function logAround(below: number, above: number, low?: number, high?: number): Make {
  return (option, value) => {
    const isUsable = value !== undefined && value > 0;
    if (!isUsable && (low === undefined || high === undefined)) return undefined;
    const range = isUsable
      ? { low: tidy(value / below), high: tidy(value * above) }
      : { low: low ?? 0, high: high ?? 0 };
    return clamped({ type: 'float', ...range, log: true }, option);
  };
}

function between(low: number, high: number): Make {
  return (option, value = low) =>
    value < 0 || value > Math.max(high, 1)
      ? undefined
      : clamped({ type: 'float', low: Math.min(low, value), high: Math.max(high, value) }, option);
}

/** A share of all steps, where the option says that a number below 1 is one. */
function warmUp(option: ScriptOption): Distribution | undefined {
  return /\bratio\b|\bfraction\b/i.test(option.help)
    ? { type: 'float', low: 0, high: 0.2 }
    : undefined;
}

/** A factor below 1 by which a learning rate falls, or the gamma of a kernel. */
function decay(option: ScriptOption, value: number | undefined): Distribution | undefined {
  if (value === undefined || value <= 0 || value >= 1) return undefined;
  // So small a gamma is that of a kernel.
  if (value < 0.05) return logAround(10, 10)(option, value);
  return clamped({ type: 'float', low: value >= 0.5 ? 0.5 : 0.05, high: 0.999 }, option);
}

/** Powers of two from a quarter of the default to four times it. */
function batchSize(option: ScriptOption, value: number | undefined): Distribution | undefined {
  return value === undefined ? powers(4, 4)(option, 64) : powers(4, 4)(option, value);
}

function powers(below: number, above: number): Make {
  return ({ low = 1, high = Infinity }, value) => {
    if (value === undefined || value < 1) return undefined;
    const middle = 2 ** Math.round(Math.log2(value));
    const values: number[] = [];
    for (let each = middle / below; each <= middle * above; each *= 2)
      if (each >= Math.max(1, low) && each <= high) values.push(each);
    return values.length > 1 ? { type: 'categorical', choices: values } : undefined;
  };
}

function layers(option: ScriptOption, value: number | undefined): Distribution | undefined {
  if (value === undefined || value < 1 || value > 100) return undefined;
  return clamped({ type: 'int', low: Math.max(1, Math.floor(value / 2)), high: value * 2 }, option);
}

/** An integer on a log scale around the default. */
function intAround(factor: number): Make {
  return (option, value) => {
    if (value === undefined || value < 1 || !Number.isInteger(value)) return undefined;
    const low = Math.max(1, Math.floor(value / factor));
    return clamped({ type: 'int', low, high: value * factor, log: true }, option);
  };
}

/** The range within the bounds that the option states; undefined: nothing is left. */
function clamped(
  range: Extract<Distribution, { type: 'int' | 'float' }>,
  { low: least = -Infinity, high: most = Infinity }: ScriptOption,
): Distribution | undefined {
  const low = Math.max(range.low, least);
  const high = Math.min(range.high, most);
  return low < high ? { ...range, low, high } : undefined;
}

/** Two digits, so that 0.003 / 100 is not 0.000029999999. */
function tidy(value: number): number {
  return Number(value.toPrecision(2));
}
