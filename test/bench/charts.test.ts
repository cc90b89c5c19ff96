import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dotPlot } from '../../bench/chart/dot-plot.ts';
import { linePlot } from '../../bench/chart/line-plot.ts';
import { linear, niceTicks, tickLabels } from '../../bench/chart/scale.ts';
import { element, words } from '../../bench/chart/svg.ts';

describe('Charts: ticks', () => {
  test.each([
    [0, 4, 6, [0, 1, 2, 3, 4]],
    [93.2, 94.9, 7, [93, 93.5, 94, 94.5, 95]],
    [0, 1000, 6, [0, 200, 400, 600, 800, 1000]],
    [0.1, 0.3, 4, [0.1, 0.2, 0.3]],
    [-1.2, 0.4, 7, [-1.5, -1, -0.5, 0, 0.5]],
    [5, 5, 6, [5, 5.1]],
  ])('from %d to %d, at most %d', (low, high, most, expected) =>
    expect(niceTicks(low, high, most)).toEqual(expected),
  );

  test('cover all values between them, are evenly spaced, and respect the greatest number', () => {
    const value = fc.integer({ min: -1e6, max: 1e6 }).map((thousandths) => thousandths / 1000);
    fc.assert(
      fc.property(value, value, fc.integer({ min: 3, max: 12 }), (a, b, most) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const ticks = niceTicks(low, high, most);
        const slack = 1e-6 * Math.max(high - low, 0.001);
        expect(ticks.length).toBeLessThanOrEqual(most);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks[0]).toBeLessThanOrEqual(low + slack);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(high - slack);
        ticks.slice(1).forEach((tick, i) => expect(tick).toBeGreaterThan(ticks[i]!));
      }),
    );
  });

  test('are labelled with as few digits as all of them need', () => {
    expect(tickLabels([93, 93.5, 94])).toEqual(['93.0', '93.5', '94.0']);
    expect(tickLabels([0, 200])).toEqual(['0', '200']);
  });
});

describe('Charts: scale', () => {
  test('maps its ends to the given pixels, also upside down', () => {
    const scale = linear([0, 5, 10], 300, 100);
    expect([0, 5, 10].map((value) => scale.at(value))).toEqual([300, 200, 100]);
  });
});

describe('Charts: SVG', () => {
  test('escapes text', () =>
    expect(words(0, 0, 'a < b & "c"')).toContain('a &lt; b &amp; &quot;c&quot;'));

  test('refuses a number that cannot be drawn instead of writing it', () => {
    expect(() => element('circle', { cx: NaN })).toThrow('NaN cannot be drawn');
    expect(() => element('circle', { cx: Infinity })).toThrow('Infinity cannot be drawn');
  });
});

describe('Charts: dot plot', () => {
  const plot = (
    values: readonly number[],
    reference?: { value: number; deviation: number },
    floor?: number,
  ): string =>
    dotPlot({
      title: 'A < B',
      under: ['one', 'two'],
      valueName: '%',
      ...(floor === undefined ? {} : { floor }),
      format: (value) => value.toFixed(1),
      groups: [{ label: ['g'], colour: '#123456', values, reference }],
    });

  test('shows every value, also equal ones, without overlap', () => {
    const centres = circles(plot([90, 90, 90, 92]), 'fill="#123456"');
    expect(centres).toHaveLength(4);
    expect(new Set(centres.map(({ x, y }) => `${x} ${y}`)).size).toBe(4);
  });

  test('writes the mean and the reference', () => {
    const svg = plot([90, 92], { value: 95, deviation: 0.5 });
    expect(svg).toContain('>91.0<');
    expect(svg).toContain('>95.0<');
  });

  test('has room for deviations that reach beyond all values', () => {
    const svg = plot([0, 0, 0, 10]);
    expect(lowestLine(svg)).toBeLessThanOrEqual(Math.max(...axisLines(svg)));
  });

  test('counts values below the floor and draws the others to scale', () => {
    const svg = plot([10, 20, 92, 93], undefined, 90);
    expect(circles(svg, 'fill="#123456"')).toHaveLength(2);
    expect(svg).toContain('>2 below, lowest 10.0<');
    expect(svg).toContain('>mean 53.8<');
  });

  test('draws a single search', () =>
    expect(circles(plot([90]), 'fill="#123456"')).toHaveLength(1));

  test('is well-formed', () =>
    expect(unclosed(plot([90, 91], { value: 95, deviation: 0 }))).toEqual([]));
});

describe('Charts: line plot', () => {
  const plot = linePlot({
    title: 'Speed-up',
    under: ['of this'],
    positionName: 'workers',
    valueName: '×',
    positions: [1, 2, 3, 4],
    values: [0, 1, 2, 3, 4],
    curves: [
      {
        name: 'measured',
        colour: '#111111',
        points: [
          [1, 1],
          [4, 3.5],
        ],
      },
      {
        name: 'ideal',
        colour: '#222222',
        kind: 'dashed',
        points: [
          [1, 1],
          [4, 4],
        ],
      },
      {
        name: 'reached',
        colour: '#333333',
        kind: 'step',
        points: [
          [1, 0],
          [2, 1],
          [3, 2],
        ],
      },
      { name: 'published', colour: '#444444', kind: 'marks', points: [[4, 3.65]] },
    ],
  });

  test('names every curve', () => {
    for (const name of ['measured', 'ideal', 'reached', 'published'])
      expect(plot).toContain(`>${name}<`);
  });

  test('holds the value of a step until the next position', () => {
    const [step = ''] = /d="M[^"]*"[^>]*stroke="#333333"/.exec(plot) ?? [];
    expect(step).toMatch(/d="M[\d.]+ [\d.]+(H[\d.]+V[\d.]+){2}"/);
  });

  test('draws single points without a line', () => expect(plot).not.toMatch(/stroke="#444444"/));

  test('is well-formed', () => expect(unclosed(plot)).toEqual([]));
});

function circles(svg: string, having: string): { x: number; y: number }[] {
  return [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"[^>]*>/g)]
    .filter(([tag]) => tag.includes(having))
    .map(([, x, y]) => ({ x: Number(x), y: Number(y) }));
}

/** The lowest end of the coloured line of the deviation. */
function lowestLine(svg: string): number {
  const [, y1 = '', y2 = ''] =
    /<line x1="[\d.]+" y1="([\d.]+)" x2="[\d.]+" y2="([\d.]+)" stroke="#123456"/.exec(svg) ?? [];
  return Math.max(Number(y1), Number(y2));
}

function axisLines(svg: string): number[] {
  return [...svg.matchAll(/<line x1="64" y1="([\d.]+)"/g)].map(([, y]) => Number(y));
}

/** Tags that are not closed in order. */
function unclosed(svg: string): string[] {
  const open: string[] = [];
  for (const [, closes, name = '', closed] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
    if (closes === '/') {
      if (open.at(-1) !== name) return [...open, `/${name}`];
      open.pop();
    } else if (closed !== '/') open.push(name);
  }
  return open;
}
