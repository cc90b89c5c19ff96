import { describe, expect, it } from 'vitest';
import type { TextStyle } from '../../../src/renderer/charts/pen.ts';
import { SvgPen } from '../../../src/renderer/charts/svg-pen.ts';
import { standingOf } from '../../../src/renderer/inspector/standing.ts';
import { survivorsOf } from '../../../src/renderer/inspector/summary.ts';
import { Population } from '../../../src/renderer/state/population.ts';
import { TrialTable } from '../../../src/renderer/state/trial-table.ts';
import { drawBase } from '../../../src/renderer/views/evolution/draw-base.ts';
import { drawOverlay } from '../../../src/renderer/views/evolution/draw-overlay.ts';
import { Motions } from '../../../src/renderer/views/evolution/motions.ts';
import { Places, WELL, rung } from '../../../src/renderer/views/evolution/places.ts';
import type { Along } from '../../../src/renderer/views/evolution/places.ts';
import { simulatedTable } from '../../support/simulated-table.ts';
import { testPalette as palette } from '../../support/test-palette.ts';
import { trialBlock } from '../../support/trial-block.ts';

function placed(
  sampler: 'evolution' | 'generational',
  trials: number,
  along: Along,
  running = 0,
): Places {
  const { table, head } = simulatedTable(sampler, trials, running);
  const population = new Population(table);
  population.update(head, false, 1e6);
  const places = new Places(population);
  places.along = along;
  places.size = { width: 900, height: 420 };
  places.update(null, null);
  return places;
}

describe('Population: trials that arrive while a study loads', () => {
  it('joins them to the elite once loading ends, without another result', () => {
    const { table, head } = simulatedTable('evolution', 80);
    const population = new Population(table);
    population.update(head, true, 1e6);
    expect(population.alive).toHaveLength(0);
    population.update(head, false, 1e6);
    expect(population.alive).toHaveLength(6);
  });
});

describe('Population: elite', () => {
  it('lists the elite best first, with the diversity of its parameters', () => {
    const { population } = placed('evolution', 80, 'births');
    const { listed, alive, diversity } = survivorsOf(population);
    expect(alive).toBe(6);
    expect(listed.map(({ number }) => number)).toEqual(population.alive);
    expect(diversity).toBeGreaterThan(0);
    expect(diversity).toBeLessThan(1);
  });
});

describe('Population: a scale that several views share', () => {
  it('notifies every view once of an update that moves the scale, until the view stops watching', () => {
    const { table, head } = simulatedTable('evolution', 40);
    const population = new Population(table);
    population.update(head, false, 10_000);
    let told = 0;
    const end = population.watch(() => (told += 1));
    population.update(head, false, 11_000);
    expect(told).toBe(0);
    table.merge(
      trialBlock(
        [{ number: 40, value: 0.995, finish: 40, historyLength: 40, params: [0, 1, 0, NaN] }],
        4,
      ),
    );
    population.update(head, false, 13_000);
    population.update(head, false, 14_000);
    expect(told).toBe(1);
    end();
    table.merge(
      trialBlock(
        [{ number: 41, value: 0.999, finish: 41, historyLength: 41, params: [0, 1, 0, NaN] }],
        4,
      ),
    );
    population.update(head, false, 17_000);
    expect(told).toBe(1);
  });
});

describe('Population: best value and scale', () => {
  it('puts the best trial at the top of the scale', () => {
    const { population } = placed('evolution', 80, 'births');
    const { table } = population;
    const values = Array.from({ length: table.size }, (_, number) => table.value(number)).filter(
      Number.isFinite,
    );
    expect(table.value(population.best!)).toBe(Math.max(...values));
    expect(population.unitOf(population.best!)).toBeCloseTo(1, 9);
    expect(population.alive).toHaveLength(6);
    expect(population.alive[0]).toBe(population.best);
  });

  it('moves its scale at once for a better best value, otherwise at most every 2 s', () => {
    const { table, head } = simulatedTable('evolution', 40);
    const population = new Population(table);
    population.update(head, false, 10_000);
    const before = population.scale!.best;
    table.merge(
      trialBlock(
        [{ number: 40, value: 0.995, finish: 40, historyLength: 40, params: [0, 1, 0, NaN] }],
        4,
      ),
    );
    population.update(head, false, 11_000);
    expect(population.scale!.best).toBe(before);
    population.update(head, false, 12_000);
    expect(population.scale!.best).toBe(0.995);
  });

  it('moves at once while it is that of a single value', () => {
    const { head } = simulatedTable('evolution', 40);
    const table = new TrialTable(4);
    const population = new Population(table);
    const lower = { ...head, direction: 'minimize' as const, metric: 'value' as const };
    const end = (number: number, value: number): void => {
      table.merge(
        trialBlock(
          [{ number, value, finish: number, historyLength: number, params: [0, 1, 0, NaN] }],
          4,
        ),
      );
      population.update(lower, false, 10_000);
    };
    end(0, 1.262);
    end(1, 0.961);
    // Better is up although it is less.
    expect(population.unitOf(1)).toBeCloseTo(1, 6);
    expect(population.unitOf(0)).toBeCloseTo(0, 6);
  });
});

describe('Evolution: positions', () => {
  it.each(['births', 'time'] as const)('order trials by %s, better values higher', (along) => {
    const places = placed('evolution', 60, along);
    const { table } = places.population;
    for (let number = 1; number < table.size; number++) {
      expect(places.x(number)).toBeGreaterThan(places.x(number - 1));
      if (places.population.inWell(number) || places.population.inWell(number - 1)) continue;
      expect(Math.sign(places.y(number) - places.y(number - 1))).toBe(
        Math.sign(table.value(number - 1) - table.value(number)),
      );
    }
  });

  it('put failures and the worst tenth into the well, and no other trials', () => {
    const places = placed('evolution', 100, 'births');
    const { population } = places;
    for (let number = 0; number < 100; number++) {
      const inWell = places.y(number) > places.well;
      expect(inWell).toBe(
        number % 17 === 16 || population.table.value(number) < population.scale!.worst - 1e-12,
      );
      if (inWell) expect(places.y(number)).toBe(places.well + WELL / 2);
    }
  });

  it('give every trial of a generation its own column', () => {
    const places = placed('generational', 60, 'generations');
    const { table } = places.population;
    for (let number = 0; number < table.size; number++) {
      const generation = table.generation(number);
      expect(places.x(number)).toBeGreaterThan(places.xAt(generation));
      expect(places.x(number)).toBeLessThan(places.xAt(generation + 1));
      for (let other = 0; other < number; other++) {
        expect(
          Math.hypot(places.x(number) - places.x(other), places.y(number) - places.y(other)),
        ).toBeGreaterThan(0.5);
      }
    }
  });

  it('can be picked where they are drawn, zoomed or not', () => {
    const places = placed('evolution', 120, 'births');
    places.zoom = { low: 30, high: 60 };
    places.update(null, null);
    expect(places.atX(places.xAt(41.5))).toBeCloseTo(41.5, 9);
    for (let number = 31; number < 60; number++)
      expect(places.pick(places.x(number), places.y(number), 5)).toBe(number);
    expect(places.pick(places.x(10), places.y(10), 5)).not.toBe(10);
  });

  it('end a life line where its trial was displaced, and extend the lines of the elite to the edge', () => {
    const places = placed('evolution', 80, 'births');
    const { population } = places;
    for (const number of population.alive) expect(places.lifeEnd(number)).toBeNull();
    const gone = Array.from({ length: 80 }, (_, number) => number).filter(
      (number) => population.life(number) === 'displaced',
    );
    expect(gone.length).toBeGreaterThan(5);
    for (const number of gone) expect(places.lifeEnd(number)).toBeGreaterThan(places.x(number));
  });

  it('count every finished trial once in the density, as trials arrive', () => {
    const { table, head } = simulatedTable('evolution', 30);
    const rows = Array.from({ length: 5600 }, (_, i) => ({
      number: 30 + i,
      value: 0.9 + (i % 7) / 100,
      finish: 30 + i,
      historyLength: 30,
      params: [0, 1, 0, NaN],
    }));
    table.merge(trialBlock(rows.slice(0, 5400), 4));
    const population = new Population(table);
    population.update(head, false, 1e6);
    const places = new Places(population);
    places.size = { width: 900, height: 420 };
    const total = (): number => {
      let sum = 0;
      const density = places.density!;
      for (let row = 0; row < density.rows; row++)
        for (let column = 0; column < density.columns; column++) sum += density.count(column, row);
      return sum;
    };
    places.update(1e12, 10_000);
    expect([places.detail, total()]).toEqual(['density', 5430]);
    table.merge(trialBlock(rows.slice(5300), 4));
    population.update(head, false, 1e6);
    places.update(1e12, 10_000);
    expect(total()).toBe(5630);
    places.zoom = { low: 0, high: 300 };
    places.update(1e12, 10_000);
    expect(places.detail).toBe('all');
  });

  it('extend an axis in steps of at most a sixteenth', () => {
    for (const size of [100, 1000, 99_999]) {
      expect(rung(size, 16)).toBeGreaterThanOrEqual(size);
      expect(rung(size, 16)).toBeLessThanOrEqual(Math.max(size + 16, size * (1 + 1 / 16)));
    }
  });
});

/** Records the box of every text within the plot's width. */
class TextBoxes extends SvgPen {
  readonly boxes: { text: string; left: number; right: number; top: number; bottom: number }[] = [];

  override text(x: number, y: number, text: string, style: TextStyle): void {
    const width = text.length * 5.5;
    const { anchor = 'start' } = style;
    const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2;
    this.boxes.push({ text, left, right: left + width, top: y - 8, bottom: y + 2 });
    super.text(x, y, text, style);
  }
}

describe('Evolution: captions', () => {
  it.each([
    ['evolution', 'births'],
    ['evolution', 'time'],
    ['generational', 'generations'],
  ] as const)('covers no mark for %s along %s, whichever trial is selected', (sampler, along) => {
    for (const trials of [14, 40, 67, 120]) {
      const places = placed(sampler, trials, along, 2);
      const sight = { places, palette, clock: String, live: null, moving: new Set<number>() };
      for (const selected of [null, places.population.best, trials - 1, Math.floor(trials / 2)]) {
        const pen = new TextBoxes('test');
        drawBase(pen, sight);
        const pointed = { hovered: null, cursor: null, motions: [], epochs: 10, brush: null };
        drawOverlay(pen, sight, { selected, ...pointed });
        for (const box of pen.boxes) {
          for (const number of places.seen()) {
            const [x, y] = [places.x(number), places.y(number)];
            const covers =
              x + 4 > box.left && x - 4 < box.right && y + 4 > box.top && y - 4 < box.bottom;
            expect(covers, `${box.text} over trial ${number} of ${trials}`).toBe(false);
          }
        }
      }
    }
  });

  it.each([
    ['short', [1, 2, 3]],
    ['long', [-123_456, -123_457, -123_458]],
    ['tiny', [1.23456e-7, 1.23457e-7, 1.23458e-7]],
  ])('cuts no label of %s values', (_, values) => {
    const table = new TrialTable(4);
    const rows = values.map((value, number) => ({ number, value, finish: number }));
    table.merge(trialBlock(rows, 4));
    const population = new Population(table);
    const { head } = simulatedTable('evolution', 1);
    population.update({ ...head, metric: 'value' }, false, 1e6);
    const places = new Places(population);
    places.size = { width: 900, height: 420 };
    places.update(null, null);
    const pen = new TextBoxes('test');
    drawBase(pen, { places, palette, clock: String, live: null, moving: new Set() });
    const labels = pen.boxes.filter(({ right }) => Math.abs(right - places.labelEnd) < 1e-6);
    expect(labels.length).toBeGreaterThan(2);
    // Digits of some systems are a fifth wider than the boxes.
    for (const { text } of labels)
      expect(places.labelEnd - text.length * 6.6, text).toBeGreaterThanOrEqual(0);
  });

  it('labels founders and offspring above the plot', () => {
    const places = placed('evolution', 67, 'births');
    const pen = new TextBoxes('test');
    drawBase(pen, { places, palette, clock: String, live: null, moving: new Set() });
    const captions = pen.boxes.filter(({ text }) => /founders|offspring/.test(text));
    expect(captions).toHaveLength(2);
    for (const { bottom } of captions) expect(bottom).toBeLessThan(places.top);
  });

  it('labels the best trial at the upper edge of a zoomed axis beside its mark', () => {
    const places = placed('evolution', 67, 'births');
    places.tall = { low: 0, high: 0.5 };
    places.update(null, null);
    const { best } = places.population;
    const sight = { places, palette, clock: String, live: null, moving: new Set<number>() };
    const pen = new TextBoxes('test');
    const pointed = { selected: null, hovered: null, cursor: null, motions: [] };
    drawOverlay(pen, sight, { ...pointed, epochs: 10, brush: null });
    const [label] = pen.boxes;
    expect(label?.text).toBe(`${best} best`);
    expect(Math.abs((label!.top + label!.bottom) / 2 - places.y(best!))).toBeLessThan(6);
    expect(label!.left > places.x(best!) + 5 || label!.right < places.x(best!) - 5).toBe(true);
  });
});

describe('Evolution: several objectives', () => {
  const front = [3, 20, 41];
  const several = (): Places => {
    const { table, head } = simulatedTable('evolution', 67);
    const objectives = [
      { metric: 'accuracy', direction: 'maximize' as const },
      { metric: 'weights', direction: 'minimize' as const },
    ];
    const population = new Population(table);
    population.update({ ...head, searched: { ...head.searched!, objectives } }, false, 1e6);
    const places = new Places(population);
    places.size = { width: 900, height: 420 };
    places.update(null, null);
    return places;
  };
  const drawn = (places: Places): string => {
    const sight = { places, palette, clock: String, live: null, moving: new Set<number>() };
    const pen = new SvgPen('test');
    drawBase(pen, sight);
    const pointed = { selected: null, hovered: null, cursor: null, motions: [] };
    drawOverlay(pen, sight, { ...pointed, epochs: 10, brush: null });
    return pen.content;
  };

  it('names no trial the best, before and after the front is known', () => {
    const places = several();
    expect(drawn(places)).not.toContain(' best<');
    places.population.setFront(front);
    expect(drawn(places)).not.toContain(' best<');
    expect(drawn(placed('evolution', 67, 'births'))).toContain(' best<');
  });

  it('rings the members of the front and notifies the views that show them', () => {
    const places = several();
    const before = drawn(places);
    let told = 0;
    places.population.watch(() => (told += 1));
    places.population.setFront(front);
    expect(told).toBe(1);
    const rings = (content: string): number => content.match(/stroke-width="1\.75"/g)?.length ?? 0;
    expect(rings(drawn(places)) - rings(before)).toBe(front.length);
  });

  it('lists the front in the inspector in place of the survivors', () => {
    const { population } = several();
    population.setFront(front);
    const survivors = survivorsOf(population);
    expect(survivors).toMatchObject({ breeds: false, front: 3, diversity: null });
    expect(survivors.listed.map(({ number }) => number)).toEqual(front);
  });

  it('states the place and the values of a trial', () => {
    const found = {
      objectives: [
        { metric: 'accuracy', direction: 'maximize' as const },
        { metric: 'weights', direction: 'minimize' as const },
      ],
      trials: [4, 2, 7],
      values: [
        [0.9, 10],
        [0.8, 20],
        [0.95, 5],
      ],
      feasible: [true, true, false],
      front: [4],
      hypervolume: null,
    };
    const values = [
      { metric: 'accuracy', value: 0.9 },
      { metric: 'weights', value: 10 },
    ];
    expect(standingOf(found, 4)).toEqual({ kind: 'front', values });
    expect(standingOf(found, 2)?.kind).toBe('other');
    expect(standingOf(found, 7)?.kind).toBe('infeasible');
    expect(standingOf(found, 5)).toBe(null);
    expect(standingOf(null, 4)).toBe(null);
  });
});

describe('Evolution: drawing', () => {
  const cases = [
    ['evolution', 'births'],
    ['evolution', 'time'],
    ['generational', 'generations'],
  ] as const;

  it.each(cases)('writes vectors at finite positions for %s along %s', (sampler, along) => {
    const places = placed(sampler, 67, along, 4);
    const sight = {
      places,
      palette,
      clock: (at: number) => `${at / 1000} s`,
      live: null,
      moving: new Set<number>(),
    };
    const pen = new SvgPen('test');
    drawBase(pen, sight);
    const { best } = places.population;
    drawOverlay(pen, sight, {
      selected: best,
      hovered: 3,
      cursor: 4,
      motions: [],
      epochs: 10,
      brush: { low: 5, high: 9 },
    });
    expect(pen.content).not.toMatch(/NaN|undefined|Infinity/);
    expect(pen.content).toContain(`>${best} best<`);
    expect(pen.content).toContain('stroke="#0000ff"');
    // One cross for each failed trial.
    expect(pen.content.match(/stroke="#ff0000"/g)).toHaveLength(3);
  });

  it('draws waiting and paused trials however many trials came after them', () => {
    const places = placed('evolution', 600, 'births');
    const drawn = (): string => {
      places.update(null, null);
      const pen = new SvgPen('test');
      const sight = { places, palette, clock: String, live: null, moving: new Set<number>() };
      drawBase(pen, sight);
      return pen.content;
    };
    const dashes = (content: string): number => content.match(/stroke-dasharray/g)?.length ?? 0;
    const before = drawn();
    const { table } = places.population;
    const idle = (number: number, state: 'waiting' | 'paused'): void =>
      table.merge(trialBlock([{ number, state, outcome: null, value: NaN }], table.width));
    idle(3, 'waiting');
    idle(5, 'paused');
    idle(7, 'paused');
    const content = drawn();
    expect(dashes(content) - dashes(before)).toBe(1);
    // Two bars a paused trial.
    for (const number of [5, 7])
      for (const bar of [-2, 2]) {
        const x = Math.round((places.x(number) + bar) * 100) / 100;
        expect(content).toContain(`M${x} `);
      }
    table.merge(trialBlock([{ number: 3, value: 0.5 }], table.width));
    expect([...table.idle]).toEqual([5, 7]);
    expect(dashes(drawn())).toBe(dashes(before));
  });

  it('draws axes without marks before the first trial', () => {
    const places = placed('evolution', 0, 'births');
    const pen = new SvgPen('test');
    drawBase(pen, { places, palette, clock: String, live: null, moving: new Set() });
    expect(pen.content).toContain('no value');
    expect(pen.content).not.toMatch(/NaN|Infinity/);
  });
});

describe('Evolution: animations', () => {
  it('ends after 240 ms and reports the end once', () => {
    const motions = new Motions();
    motions.begin('birth', [7], 1000, true);
    expect(motions.at(1120).motions.map(({ number }) => number)).toEqual([7]);
    expect(motions.at(1240)).toEqual({ motions: [], arrived: true });
    expect(motions.at(1250)).toEqual({ motions: [], arrived: false });
  });

  it('starts none with reduced motion, and none above 20 births a second', () => {
    const motions = new Motions();
    motions.begin('birth', [1], 0, false);
    expect(motions.moving.size).toBe(0);
    motions.begin(
      'birth',
      Array.from({ length: 30 }, (_, i) => i),
      0,
      true,
    );
    expect(motions.moving.size).toBe(0);
    motions.begin('birth', [99], 2000, true);
    expect([...motions.moving]).toEqual([99]);
  });
});
