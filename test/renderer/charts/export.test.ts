import { describe, expect, it } from 'vitest';
import { chartExport } from '../../../src/renderer/charts/export.ts';
import { figureSize } from '../../../src/renderer/charts/figure.ts';
import type { Figure } from '../../../src/renderer/charts/figure.ts';
import { valueScale } from '../../../src/renderer/charts/scales.ts';
import type { Palette } from '../../../src/renderer/charts/palette.ts';
import { valueColours } from '../../../src/renderer/charts/value-colours.ts';

const names = [
  'ground',
  'raised',
  'sunken',
  'line',
  'lineStrong',
  'grid',
  'control',
  'text',
  'text2',
  'text3',
  'accent',
  'selected',
];
const palette = {
  ...Object.fromEntries(
    [...names, 'pruned', 'waiting', 'failed', 'diverged'].map((name) => [name, '#123456']),
  ),
  canvas: '#fefefe',
  values: valueColours(['#000000', '#ffffff']),
  font: 'system-ui, "Segoe UI", sans-serif',
} as Palette;

const figure: Figure = {
  title: 'MNIST',
  subtitle: '64 trials, best validation accuracy 96.37 %',
  xTitle: 'Trial number',
  yTitle: 'Validation accuracy (%)',
  legend: [{ label: 'founder', draw: (pen, x, y) => pen.circle(x, y, 4) }],
  colours: { title: 'Accuracy (%)', scale: valueScale('log-error', 0.9, 0.98, 0.01, 'accuracy') },
};
const bare: Figure = {
  title: '',
  subtitle: '',
  xTitle: null,
  yTitle: null,
  legend: [],
  colours: null,
};

describe('Exported chart: figure for a paper', () => {
  const svg = chartExport('evolution', () => ({
    ...{ width: 300, height: 200, summary: '', palette, figure },
    draw: (pen) => pen.text(5, 5, 'inside', { colour: '#000000', size: 11 }),
  })).toSvg();

  it('has a title, a legend, titles of both axes and a colour bar with its scale', () => {
    for (const said of [
      'MNIST',
      'founder',
      'Trial number',
      'Validation accuracy (%)',
      'Accuracy (%)',
      '95',
    ])
      expect(svg).toContain(`>${said}</text>`);
    expect(svg).toMatch(/rotate\(-90 [\d.]+ [\d.]+\)">Validation accuracy/);
    expect(svg.match(/<path d="M[^"]*" fill="#/g)?.length).toBeGreaterThan(40);
  });

  it('is larger than the drawing, which it contains unchanged', () => {
    const size = figureSize(figure, { width: 300, height: 200 });
    expect(svg).toContain(`width="${size.width}" height="${size.height}"`);
    expect(size.width).toBeGreaterThan(380);
    expect(svg).toContain(`<g transform="translate(${size.left} ${size.top})"><text x="5" y="5"`);
  });

  it('wraps a legend that is wider than the drawing', () => {
    const long = {
      ...figure,
      legend: Array.from({ length: 12 }, () => ({ label: 'a long label', draw: () => undefined })),
    };
    expect(figureSize(long, { width: 300, height: 200 }).height).toBeGreaterThan(
      figureSize(figure, { width: 300, height: 200 }).height,
    );
  });
});

describe('Exported chart: SVG', () => {
  it('is a self-contained document with size, background, font, title and vectors', () => {
    const svg = chartExport('evolution', () => ({
      width: 300,
      height: 200,
      summary: 'best < 0.9 & more',
      palette,
      figure: bare,
      draw(pen) {
        pen.begin();
        pen.circle(10, 20, 5);
        pen.fill('#ff0000');
        pen.text(10, 40, 'a & b', { colour: '#123456', size: 11, halo: '#fefefe' });
      },
    })).toSvg();
    expect(svg).toMatch(
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="316" height="266" viewBox="0 0 316 266"/,
    );
    expect(svg).toContain(`font-family="system-ui, 'Segoe UI', sans-serif"`);
    expect(svg).toContain('<title>best &lt; 0.9 &amp; more</title>');
    expect(svg).toContain('<path d="M0 0h316v266h-316Z" fill="#fefefe"/>');
    expect(svg).toContain('a &amp; b</text>');
    expect(svg).not.toMatch(/class=|style=|var\(/);
  });

  it('shows the state at the time of the export', () => {
    let width = 10;
    const chart = chartExport('space', () => ({
      width,
      height: 10,
      summary: '',
      palette,
      figure: bare,
      draw: () => undefined,
    }));
    width = 20;
    expect(chart.toSvg()).toContain('width="36"');
  });
});
