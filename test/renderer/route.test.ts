/** Tests the address of the window: parsing, history, and the page after a restart. */
import { describe, expect, test } from 'vitest';
import { firstPlace } from '../../src/renderer/state/first-place.ts';
import { Route } from '../../src/renderer/state/route.svelte.ts';
import type { Address } from '../../src/renderer/state/route.svelte.ts';
import { parsePlace, placeText } from '../../src/renderer/state/route.ts';
import type { Place } from '../../src/renderer/state/route.ts';
import { labHead, studyRow } from '../support/window-examples.ts';

class FakeAddress implements Address {
  hash = '';
  history: string[] = [];
  #changed: () => void = () => undefined;

  read(): string {
    return this.hash;
  }

  write(hash: string, replace: boolean): void {
    if (replace) this.history.pop();
    this.history.push(hash);
    this.hash = hash;
  }

  onChange(changed: () => void): () => void {
    this.#changed = changed;
    return () => (this.#changed = () => undefined);
  }

  back(): void {
    this.history.pop();
    this.hash = this.history.at(-1) ?? '';
    this.#changed();
  }
}

function memory(): {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
} {
  const held = new Map<string, string>();
  return {
    getItem: (name) => held.get(name) ?? null,
    setItem: (name, value) => held.set(name, value),
  };
}

const places: readonly Place[] = [
  { page: 'start' },
  { page: 'study', study: 'a/b c#d', tab: 'curves' },
  { page: 'compare', studies: ['one', 'two'] },
  { page: 'new', dataset: null },
  { page: 'new', dataset: 'my data' },
  { page: 'datasets', dataset: null },
  { page: 'import', import: '7' },
  { page: 'machines' },
  { page: 'settings' },
];

describe('Route: addresses', () => {
  test.each(places)('parses the address of a place back to it: %j', (place) => {
    expect(parsePlace(placeText(place))).toEqual(place);
  });

  test.each(['', '#', '#/', '#/nowhere', '#/study', '#/compare/one', '#/%'])(
    'refuses %s',
    (hash) => {
      expect(parsePlace(hash)).toBeNull();
    },
  );

  test('opens the first tab for an unknown one', () => {
    expect(parsePlace('#/study/a/nonsense')).toEqual({
      page: 'study',
      study: 'a',
      tab: 'evolution',
    });
  });
});

describe('Route: history', () => {
  test('adds no entry for a change of tabs', () => {
    const address = new FakeAddress();
    const route = new Route(address, memory());
    route.go({ page: 'study', study: 'a', tab: 'evolution' });
    route.go({ page: 'study', study: 'b', tab: 'evolution' });
    route.tab('lab');
    address.back();
    expect(route.place).toEqual({ page: 'study', study: 'a', tab: 'evolution' });
  });

  test('opens a new window at the last place', () => {
    const storage = memory();
    new Route(new FakeAddress(), storage).go({ page: 'study', study: 'a', tab: 'space' });
    expect(new Route(new FakeAddress(), storage).study).toBe('a');
  });
});

describe('Route: first place', () => {
  const running = studyRow({ key: 'running', state: 'running', created: 1 });
  const latest = studyRow({ key: 'latest', state: 'finished', created: 9 });
  const confirming = studyRow({ key: 'confirming', state: 'running', created: 9, confirms: 'of' });

  test.each([
    ['the lab is not loaded yet', null, null, [], null],
    ['the lab is empty', null, labHead(), [], 'start'],
    ['a study runs', null, labHead(), [latest, running], 'running'],
    ['no study runs', null, labHead(), [studyRow({ key: 'older', created: 2 }), latest], 'latest'],
    [
      'the latest study is a confirmation',
      null,
      labHead(),
      [studyRow({ key: 'of', created: 2 }), confirming],
      'of',
    ],
    ['the original of a confirmation is gone', null, labHead(), [confirming], 'confirming'],
    [
      'the latest study is deleted',
      null,
      labHead(),
      [studyRow({ key: 'older', created: 2 }), { ...latest, deleted: true }],
      'older',
    ],
    ['all studies are deleted', null, labHead(), [{ ...latest, deleted: true }], 'start'],
    ['the window shows a page already', { page: 'settings' }, labHead(), [running], null],
    [
      'the study of the page was just started',
      { page: 'study', study: 'new', tab: 'evolution' },
      labHead(),
      [running],
      null,
    ],
  ] as const)('chooses the first place when %s', (_, now, lab, studies, expected) => {
    const place = firstPlace(now, lab, studies);
    expect(place === null ? null : place.page === 'study' ? place.study : place.page).toBe(
      expected,
    );
  });
});
