/**
 * Colours of the theme for canvases and exported files, read from the tokens of the style sheet.
 */
import { createSubscriber } from 'svelte/reactivity';
import { onThemeChange } from '../state/theme.ts';
import { valueColours } from './value-colours.ts';
import type { ValueColours } from './value-colours.ts';

const tokens = {
  canvas: '--canvas',
  ground: '--ground',
  raised: '--raised',
  sunken: '--sunken',
  line: '--line',
  lineStrong: '--line-strong',
  grid: '--grid',
  control: '--control',
  text: '--text',
  text2: '--text-2',
  text3: '--text-3',
  accent: '--accent',
  selected: '--selected',
  pruned: '--pruned',
  waiting: '--waiting',
  failed: '--failed',
  diverged: '--diverged',
  idle: '--idle',
} as const;

export type Palette = Readonly<Record<keyof typeof tokens, string>> & {
  readonly values: ValueColours;
  /** Font family of text in charts. */
  readonly font: string;
};

export function readPalette(style: Pick<CSSStyleDeclaration, 'getPropertyValue'>): Palette {
  const read = (name: string): string => style.getPropertyValue(name).trim();
  const colours = Object.fromEntries(
    Object.entries(tokens).map(([key, name]) => [key, read(name)]),
  );
  return {
    ...(colours as Record<keyof typeof tokens, string>),
    values: valueColours([0, 1, 2, 3, 4].map((stop) => read(`--value-${stop}`))),
    font: read('--font'),
  };
}

/**
 * Colours on white paper, independent of the window's colour scheme: those of the first `:root`
 * rule of the style sheet.
 */
export function paperPalette(): Palette {
  for (const sheet of document.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (
        rule instanceof CSSStyleRule &&
        rule.selectorText === ':root' &&
        rule.style.getPropertyValue('--canvas') !== ''
      )
        return readPalette(rule.style);
    }
  }
  return windowPalette.current;
}

/**
 * The palette of the window, read again when its colour scheme changes. An effect that reads it
 * runs again then.
 */
class WindowPalette {
  #held: Palette | null = null;
  readonly #subscribe = createSubscriber((update) => {
    const contrast = matchMedia('(prefers-contrast: more)');
    const changed = (): void => {
      this.#held = null;
      update();
    };
    const stop = onThemeChange(changed);
    contrast.addEventListener('change', changed);
    return () => {
      stop();
      contrast.removeEventListener('change', changed);
      this.#held = null;
    };
  });

  get current(): Palette {
    this.#subscribe();
    return (this.#held ??= readPalette(getComputedStyle(document.documentElement)));
  }
}

export const windowPalette = new WindowPalette();
