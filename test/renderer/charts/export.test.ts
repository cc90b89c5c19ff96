import { describe, expect, it } from 'vitest';
import { chartExport } from '../../../src/renderer/charts/export.ts';
import type { Palette } from '../../../src/renderer/charts/palette.ts';
import { valueColours } from '../../../src/renderer/charts/value-colours.ts';

const names = ['ground', 'raised', 'sunken', 'line', 'lineStrong', 'grid', 'control', 'text', 'text2', 'text3', 'accent', 'selected'];
const palette = {
  ...Object.fromEntries([...names, 'pruned', 'waiting', 'failed', 'diverged'].map((name) => [name, '#123456'])),
  canvas: '#fefefe',
  values: valueColours(['#000000', '#ffffff']),
  font: 'system-ui, "Segoe UI", sans-serif',
} as Palette;

describe('a chart as SVG', () => {
  it('is a document that needs nothing else: size, ground, font, a title, vectors', () => {
    const svg = chartExport('evolution', () => ({
      width: 300,
      height: 200,
      summary: 'best < 0.9 & more',
      palette,
      draw(pen) {
        pen.begin();
        pen.circle(10, 20, 5);
        pen.fill('#ff0000');
        pen.text(10, 40, 'a & b', { colour: '#123456', size: 11, halo: '#fefefe' });
      },
    })).toSvg();
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="300" height="200" viewBox="0 0 300 200"/);
    expect(svg).toContain(`font-family="system-ui, 'Segoe UI', sans-serif"`);
    expect(svg).toContain('<title>best &lt; 0.9 &amp; more</title>');
    expect(svg).toContain('<path d="M0 0h300v200h-300Z" fill="#fefefe"/>');
    expect(svg).toContain('a &amp; b</text>');
    expect(svg).not.toMatch(/class=|style=|var\(/);
  });

  it('is of the moment when it is asked for', () => {
    let width = 10;
    const chart = chartExport('space', () => ({ width, height: 10, summary: '', palette, draw: () => undefined }));
    width = 20;
    expect(chart.toSvg()).toContain('width="20"');
  });
});
