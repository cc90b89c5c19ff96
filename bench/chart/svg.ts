/** Writes SVG as text: elements, escaped attributes and text. The charts decide what is drawn. */

type Attributes = Readonly<Record<string, string | number>>;

export const FONT = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif";
export const INK = '#1f2328';
export const FAINT = '#57606a';
export const GRID = '#e3e6ea';
export const PAPER = '#ffffff';

export function element(
  name: string,
  attributes: Attributes,
  ...children: readonly string[]
): string {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escaped(typeof value === 'number' ? rounded(value) : value)}"`,
  );
  const open = `<${name}${written.join('')}`;
  return children.length === 0 ? `${open}/>` : `${open}>${children.join('')}</${name}>`;
}

/** Text at a point; `text-anchor` defaults to start. */
export function words(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element('text', { x, y, fill: INK, 'font-size': 13, ...attributes }, escaped(content));
}

export function line(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  attributes: Attributes,
): string {
  return element('line', { x1, y1, x2, y2, ...attributes });
}

/** The whole picture on a light background; `title` is for screen readers. */
export function picture(
  width: number,
  height: number,
  title: string,
  content: readonly string[],
): string {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    'font-family': FONT,
    role: 'img',
  };
  const ground = element('rect', { width, height, fill: PAPER });
  return `${element('svg', attributes, element('title', {}, escaped(title)), `\n${ground}`, ...content.map((part) => `\n${part}`), '\n')}\n`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Hundredths of a pixel are precise enough. */
function rounded(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be drawn`);
  return String(Math.round(value * 100) / 100);
}
