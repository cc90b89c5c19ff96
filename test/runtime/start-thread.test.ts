import { describe, expect, it, vi } from 'vitest';
import { builtEntries, builtForSources } from '../../src/runtime/start-thread.ts';

it.each([
  ['file:///app/out/main/cli.js', 'file:///app/out/main/'],
  [
    'file:///opt/Galapagos/resources/app.asar/out/main/index.js',
    'file:///opt/Galapagos/resources/app.asar.unpacked/out/main/',
  ],
  [
    'file:///C:/Galapagos/resources/app.asar.unpacked/out/main/cli.js',
    'file:///C:/Galapagos/resources/app.asar.unpacked/out/main/',
  ],
])(
  'Threads: looks for %s run from %s beside or above it, never inside an archive',
  (module, folder) => {
    expect(builtEntries(module, 'x')[0].href).toBe(`${folder}x.js`);
    const chunk = module.replace(/[^/]+$/, 'chunks/y-123.js');
    expect(builtEntries(chunk, 'x')[1].href).toBe(`${folder}x.js`);
  },
);

describe('Runtime: entries that a source module starts', () => {
  it('are built ones where GALAPAGOS_BUILT_ENTRIES names their folder, and sources elsewhere', () => {
    vi.stubEnv('GALAPAGOS_BUILT_ENTRIES', '/clone/out/main/');
    expect(builtForSources('worker')?.pathname).toMatch(/\/clone\/out\/main\/worker\.js$/);
    vi.stubEnv('GALAPAGOS_BUILT_ENTRIES', '');
    expect(builtForSources('worker')).toBeNull();
  });
});
