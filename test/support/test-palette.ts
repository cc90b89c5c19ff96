/** A palette in which the colours that tests search for differ from all others. */
import type { Palette } from '../../src/renderer/charts/palette.ts';
import { valueColours } from '../../src/renderer/charts/value-colours.ts';

const colour = '#123456';

export const testPalette: Palette = {
  ...{
    canvas: colour,
    ground: colour,
    raised: colour,
    sunken: colour,
    line: colour,
    lineStrong: colour,
    grid: colour,
    control: colour,
  },
  ...{
    text: '#000001',
    text2: colour,
    text3: colour,
    accent: '#0000ff',
    selected: colour,
    pruned: colour,
    waiting: colour,
  },
  ...{
    failed: '#ff0000',
    diverged: colour,
    idle: colour,
    values: valueColours(['#22a186', '#440154']),
    font: 'sans-serif',
  },
};
