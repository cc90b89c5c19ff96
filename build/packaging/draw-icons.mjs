/**
 * Draws every icon from the two drawings in build/icons: run it after changing one (`npm run
 * icons`), and commit what it made.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Resvg } from '@resvg/resvg-js';
import png2icons from 'png2icons';

const icons = new URL('../icons/', import.meta.url);
const shipped = new URL('../../resources/icons/', import.meta.url);

/**
 * @param {string} drawing file name @param {number} width pixels @param {string} [colour] instead
 *   of black
 */
function png(drawing, width, colour = '#000') {
  const svg = readFileSync(new URL(drawing, icons), 'utf8').replaceAll('#000', colour);
  return new Resvg(svg, { fitTo: { mode: 'width', value: width } }).render().asPng();
}

for (const size of [16, 24, 32, 48, 64, 128, 256, 512, 1024])
  writeFileSync(new URL(`${size}x${size}.png`, icons), png('mark.svg', size));
const large = png('mark.svg', 1024);
writeFileSync(new URL('icon.icns', icons), png2icons.createICNS(large, png2icons.BICUBIC, 0));
writeFileSync(
  new URL('icon.ico', icons),
  png2icons.createICO(large, png2icons.BICUBIC, 0, false, true),
);

mkdirSync(fileURLToPath(shipped), { recursive: true });
writeFileSync(new URL('window.png', shipped), png('mark.svg', 256));
// macOS tints what is called …Template itself; elsewhere the panel is dark more often than not, and
// mid-grey is seen on both.
for (const [scale, suffix] of [
  [1, ''],
  [2, '@2x'],
]) {
  writeFileSync(new URL(`trayTemplate${suffix}.png`, shipped), png('tray.svg', 16 * scale));
  writeFileSync(new URL(`tray${suffix}.png`, shipped), png('tray.svg', 16 * scale, '#8a939e'));
}
