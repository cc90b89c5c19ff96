/**
 * Colour scheme of the window: the system's, or the one chosen in Settings. The dark tokens are in
 * one media rule of the style sheet, whose condition a choice replaces.
 */

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const SYSTEM_DARK = '(prefers-color-scheme: dark)';
const CONDITIONS: Readonly<Record<Theme, string>> = {
  system: SYSTEM_DARK,
  light: 'not all',
  dark: 'all',
};

const changes = new EventTarget();
let chosen: Theme = 'system';
let rules: readonly CSSMediaRule[] | null = null;

/** @param stored stored name; an unknown one stands for the system's scheme */
export function themeOf(stored: string): Theme {
  return themes.find((theme) => theme === stored) ?? 'system';
}

export function applyTheme(theme: Theme): void {
  chosen = theme;
  // Found by their original condition, which the first change replaces.
  rules ??= [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules].filter(isDarkRule));
  for (const rule of rules) rule.media.mediaText = CONDITIONS[theme];
  document.documentElement.style.colorScheme = theme === 'system' ? '' : theme;
  changes.dispatchEvent(new Event('change'));
}

export function isDark(): boolean {
  return chosen === 'system' ? matchMedia(SYSTEM_DARK).matches : chosen === 'dark';
}

/** @returns a function that stops listening */
export function onThemeChange(changed: () => void): () => void {
  const system = matchMedia(SYSTEM_DARK);
  for (const source of [system, changes]) source.addEventListener('change', changed);
  return () => {
    for (const source of [system, changes]) source.removeEventListener('change', changed);
  };
}

function isDarkRule(rule: CSSRule): rule is CSSMediaRule {
  return rule instanceof CSSMediaRule && rule.media.mediaText === SYSTEM_DARK;
}
