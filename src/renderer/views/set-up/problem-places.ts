/**
 * Assigns each problem of a draft study to one part of the form and to the fields that it marks.
 * The assignment is total: a problem without a field in any part belongs to `other`, which is shown
 * above the form.
 */
import type { WindowProblem } from '../../../protocol/window/set-up.ts';
import { text } from '../../text.ts';
import { at, listOf, objectOf } from './study-edits.ts';
import type { Json, Study } from './study-edits.ts';

export type Section =
  | 'name'
  | 'data'
  | 'model'
  | 'space'
  | 'objectives'
  | 'sampler'
  | 'pruner'
  | 'stop'
  | 'training'
  | 'script'
  | 'result'
  | 'reports'
  | 'limits'
  | 'workers'
  | 'other';

export interface PlacedProblem {
  readonly problem: WindowProblem;
  readonly section: Section;
  /**
   * `space`: name of the parameter. `model`: index of the layer. Null for the section as a whole.
   */
  readonly row: string | null;
  /** Paths of the fields that are marked as invalid. */
  readonly fields: readonly string[];
  /** Sentence for the user, which names the field. */
  readonly words: string;
}

/** The draft that the problems refer to. */
export interface Context {
  readonly study: Study;
  /**
   * Description of the network that the study names; undefined when the study contains its network,
   * or the network is unknown.
   */
  readonly network: Json | undefined;
  /** Parameters with a fixed value, each with the objective from before. */
  readonly fixed: readonly { readonly name: string; readonly objective: Json }[];
}

export function placeProblems(
  problems: readonly WindowProblem[],
  context: Context,
): readonly PlacedProblem[] {
  return problems.map((problem) => ({ problem, ...placeOf(problem, context) }));
}

type Placing = Omit<PlacedProblem, 'problem'>;

const SETTINGS = 'objective.settings.';
const LAYER = /^objective\.network\.layers\[(\d+)\]\.?(.*)$/;

function placeOf(problem: WindowProblem, context: Context): Placing {
  const { path } = problem;
  if (path.startsWith('objective.')) return objectivePlace(problem, context);
  const [head = ''] = path.split(/[.[]/);
  switch (head) {
    case 'name':
    case 'workers':
      return { section: head, row: null, fields: [head], words: sentence(null, problem) };
    case 'direction':
      return { section: 'result', row: null, fields: [head], words: sentence(null, problem) };
    case 'devices':
      return { section: 'workers', row: null, fields: [head], words: sentence(null, problem) };
    case 'searchSpace':
      return spacePlace(problem, context.study);
    case 'sampler':
    case 'pruner': {
      const setting = path.slice(`${head}.`.length);
      return {
        section: head,
        row: null,
        fields: [path],
        words: sentence(setting === '' ? null : setting, problem),
      };
    }
    case 'objectives':
    case 'constraints':
      return { section: 'objectives', row: null, fields: [path], words: sentence(path, problem) };
    case 'stop': {
      const field = text.setUp.stopNames[path.slice('stop.'.length)];
      return {
        section: 'stop',
        row: null,
        fields: [path],
        words: sentence(field ?? path, problem),
      };
    }
    default:
      return { section: 'other', row: null, fields: [], words: sentence(path, problem) };
  }
}

function objectivePlace(problem: WindowProblem, context: Context): Placing {
  const { path } = problem;
  const { study, fixed } = context;
  if (at(study, 'objective', 'kind') === 'command')
    return { ...commandPlace(path), row: null, words: sentence(null, problem) };
  if (at(study, 'objective', 'kind') !== 'train')
    return { section: 'other', row: null, fields: [], words: sentence(path, problem) };
  const parameter = parameterAt(path, study['objective'], context);
  if (parameter !== null && parameter in objectOf(study['searchSpace']))
    return parameterPlace(parameter, problem, study);
  const held = fixed.find(({ name, objective }) => parameterAt(path, objective, context) === name);
  if (held !== undefined) {
    const field = `fixed.${held.name}`;
    return {
      section: 'space',
      row: held.name,
      fields: [field],
      words: sentence(held.name, problem),
    };
  }
  if (path === 'objective.dataset')
    return { section: 'data', row: null, fields: [path], words: sentence(null, problem) };
  const layer = LAYER.exec(path);
  if (layer !== null) {
    const [, index = '', field = ''] = layer;
    const label = text.setUp.layerField({ layer: Number(index) + 1, field });
    return { section: 'model', row: index, fields: [path], words: sentence(label, problem) };
  }
  if (path.startsWith('objective.network')) {
    const label = path === 'objective.network' ? null : path.slice('objective.network.'.length);
    return { section: 'model', row: null, fields: [path], words: sentence(label, problem) };
  }
  if (path.startsWith(SETTINGS)) {
    const setting = path.slice(SETTINGS.length).replace(/^optimizer\./, '');
    const label = text.setUp.settings[setting] ?? setting;
    return { section: 'training', row: null, fields: [path], words: sentence(label, problem) };
  }
  return { section: 'other', row: null, fields: [], words: sentence(path, problem) };
}

/** The part of the form of a script that contains a field of a command. */
function commandPlace(path: string): Pick<Placing, 'section' | 'fields'> {
  const [, field = ''] = path.split(/[.[]/);
  const fields = [path];
  switch (field) {
    case 'command':
    case 'config':
    case 'folder':
      return { section: 'script', fields };
    case 'result':
      return { section: field, fields };
    case 'reports':
    case 'epochs':
      return { section: 'reports', fields };
    case 'timeoutMinutes':
    case 'keep':
      return { section: 'limits', fields };
    default:
      return { section: 'other', fields: [] };
  }
}

/** Name of the parameter that sets the value at a path of the objective; null when none does. */
function parameterAt(
  path: string,
  objective: Json | undefined,
  { network }: Context,
): string | null {
  const parts = path.split(/[.[\]]+/).filter((part) => part !== '' && part !== 'objective');
  const within = network === undefined ? objective : { ...objectOf(objective), network };
  // A problem may refer to a field inside the reference, for example `rate.times`.
  for (let length = parts.length; length > 0; length--) {
    const name = objectOf(at(within, ...parts.slice(0, length)))['$param'];
    if (typeof name === 'string') return name;
  }
  return null;
}

function spacePlace(problem: WindowProblem, study: Study): Placing {
  const rest = problem.path.slice('searchSpace.'.length);
  const name = Object.keys(objectOf(study['searchSpace']))
    .filter((each) => rest === each || rest.startsWith(`${each}.`) || rest.startsWith(`${each}[`))
    .toSorted((a, b) => b.length - a.length)[0];
  if (name === undefined)
    return {
      section: 'space',
      row: null,
      fields: [],
      words: sentence(rest === '' ? null : rest, problem),
    };
  const [field = ''] = rest.slice(name.length + 1).split(/[.[]/);
  const label = text.setUp.fieldNames[field] ?? field;
  return {
    section: 'space',
    row: name,
    fields: [field === '' ? `searchSpace.${name}` : `searchSpace.${name}.${field}`],
    words: sentence(label === '' ? name : text.setUp.fieldOf({ name, field: label }), problem),
  };
}

/**
 * A value of the parameter is invalid for the objective: marks the bound that the problem names,
 * otherwise every bound.
 */
function parameterPlace(name: string, problem: WindowProblem, study: Study): Placing {
  const distribution = objectOf(at(study, 'searchSpace', name));
  const found = /^[^\s,]+/.exec(problem.found)?.[0];
  const bounds = listOf(distribution['choices']).length > 0 ? ['choices'] : ['low', 'high'];
  const named = bounds.filter((bound) => JSON.stringify(distribution[bound]) === found);
  return {
    section: 'space',
    row: name,
    fields: (named.length > 0 ? named : bounds).map((bound) => `searchSpace.${name}.${bound}`),
    words: sentence(name, problem),
  };
}

function sentence(field: string | null, { expected, found, hint }: WindowProblem): string {
  return text.setUp.fieldProblem({ field, expected, found, hint });
}
