/**
 * Tests the assignment of a draft study's problems to parts of the form, with problems as the
 * engine reports them.
 */
import { describe, expect, it } from 'vitest';
import { catalogueOf, MNIST } from '../../../src/datasets/catalogue.ts';
import { placeProblems } from '../../../src/renderer/views/set-up/problem-places.ts';
import type { PlacedProblem } from '../../../src/renderer/views/set-up/problem-places.ts';
import { fixParameter, put } from '../../../src/renderer/views/set-up/study-edits.ts';
import type { Json, Study } from '../../../src/renderer/views/set-up/study-edits.ts';
import { checkStudy } from '../../../src/studies/check-study.ts';
import { draftStudy } from '../../../src/studies/draft-study.ts';
import { listNetworks } from '../../../src/studies/list-networks.ts';
import { RESOURCES } from '../../support/call-deps.ts';

const draft = draftStudy(MNIST, 'digits') as unknown as Study;
const networks = listNetworks(MNIST);

function placed(
  study: Study,
  fixed: { name: string; objective: Json }[] = [],
): readonly PlacedProblem[] {
  const { problems } = checkStudy(study, { resources: RESOURCES }, catalogueOf(null));
  const named = (study['objective'] as { network: Json }).network;
  const network = networks.find(({ name }) => name === named)?.network as Json | undefined;
  return placeProblems(problems, { study, network, fixed });
}

const layers = (...list: Json[]): Study =>
  put(draft, ['objective', 'network'], {
    format: 'galapagos-network/1',
    name: 'mine',
    layers: list,
    loss: { type: 'softmax-cross-entropy' },
  });

describe('Set-up: places of problems', () => {
  it.each<[string, Study, Partial<PlacedProblem>]>([
    [
      'a choice that does not suit the setting at the choices of the parameter',
      put(draft, ['searchSpace', 'batch', 'choices'], [32, 'x']),
      { section: 'space', row: 'batch', fields: ['searchSpace.batch.choices'] },
    ],
    [
      'a bound that does not suit a layer of a named network at that bound',
      put(draft, ['searchSpace', 'dropout', 'high'], 2),
      { section: 'space', row: 'dropout', fields: ['searchSpace.dropout.high'] },
    ],
    [
      'a bound of the wrong type at that bound',
      put(draft, ['searchSpace', 'momentum', 'low'], 3),
      { section: 'space', row: 'momentum', fields: ['searchSpace.momentum.low'] },
    ],
    [
      'an error of the epochs at the epochs',
      put(draft, ['objective', 'settings', 'epochs'], 'many'),
      {
        section: 'training',
        row: null,
        fields: ['objective.settings.epochs'],
        words: expect.stringMatching(/^Epochs: expected .*, found "many"/) as string,
      },
    ],
    [
      'an error of the validation share at the validation share',
      put(draft, ['objective', 'settings', 'validation'], 2),
      { section: 'training', fields: ['objective.settings.validation'] },
    ],
    [
      'an error of the optimizer at its setting',
      put(draft, ['objective', 'settings', 'optimizer', 'weightDecay'], -1),
      { section: 'training', fields: ['objective.settings.optimizer.weightDecay'] },
    ],
    [
      'an error of a limit at that limit',
      put(draft, ['stop', 'trials'], 0),
      { section: 'stop', fields: ['stop.trials'] },
    ],
    [
      'an error of the name at the name',
      put(draft, ['name'], ' '),
      { section: 'name', fields: ['name'] },
    ],
    [
      'an error of a sampler setting at that setting',
      put(draft, ['sampler', 'population'], -1),
      { section: 'sampler', fields: ['sampler.population'] },
    ],
    [
      'an unknown dataset at the dataset',
      put(draft, ['objective', 'dataset'], 'nowhere'),
      { section: 'data' },
    ],
    [
      'a field that the form does not show above the form',
      put(draft, ['seed'], -1),
      { section: 'other', row: null, fields: [] },
    ],
  ])('shows %s', (_, study, place) => {
    const found = placed(study);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject(place);
  });

  it('shows an error of a layer once, in the row of that layer', () => {
    const found = placed(
      layers({ type: 'flatten' }, { type: 'dense', units: 0 }, { type: 'relu' }),
    );
    expect(found.map(({ section, row, fields }) => ({ section, row, fields }))).toEqual([
      { section: 'model', row: '1', fields: ['objective.network.layers[1].units'] },
    ]);
    expect(found[0]?.words).toMatch(/^Layer 2, units: expected at least 1, found 0/);
  });

  it('shows an error of a fixed value in the row of the parameter that was fixed', () => {
    const study = fixParameter(draft, 'momentum', 3);
    const found = placed(study, [{ name: 'momentum', objective: draft['objective'] as Json }]);
    expect(found).toMatchObject([
      { section: 'space', row: 'momentum', fields: ['fixed.momentum'] },
    ]);
  });

  it('shows a reference to a missing parameter at the reference', () => {
    const study = put(draft, ['searchSpace', 'momentum'], undefined);
    expect(placed(study)).toMatchObject([
      { section: 'training', fields: ['objective.settings.optimizer.momentum'] },
    ]);
  });

  it('assigns every problem of a study with many errors to exactly one place', () => {
    const wrong = {
      ...draft,
      foo: 1,
      seed: 'x',
      stop: { trials: 0, minutes: 'a' },
      searchSpace: {},
      sampler: { name: 'none' },
    };
    const { problems } = checkStudy(wrong, { resources: RESOURCES }, catalogueOf(null));
    expect(problems.length).toBeGreaterThan(6);
    expect(placed(wrong).map(({ problem }) => problem)).toEqual(problems);
  });
});
